UPDATE sweep SET ended_at = $ended_at, complete = $complete, tally = $tally WHERE sweep_id = $sweep_id
RETURNING sweep_id;
