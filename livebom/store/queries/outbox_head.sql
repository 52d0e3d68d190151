SELECT outbox_id, sink, body, created_at, due_at, attempts, state, told FROM outbox
WHERE sink = $sink AND state = 'waiting'
ORDER BY created_at LIMIT 1;
