DELETE FROM change WHERE sweep_id = $sweep_id;
