SELECT surface FROM sweep WHERE sweep_id = $sweep_id;
