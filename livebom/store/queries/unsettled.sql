SELECT service FROM unsettled WHERE sweep_id = $sweep_id;
