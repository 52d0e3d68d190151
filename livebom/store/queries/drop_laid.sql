DROP {kind} IF EXISTS {name};
