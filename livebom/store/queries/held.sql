SELECT id, looks FROM held;
