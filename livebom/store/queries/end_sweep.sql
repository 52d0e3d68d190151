UPDATE sweep SET ended_at = $ended_at, complete = $complete, tally = $tally, not_seen = $not_seen WHERE sweep_id = $sweep_id
RETURNING sweep_id;
