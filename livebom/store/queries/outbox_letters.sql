SELECT outbox_id, sink, body, created_at, due_at, attempts, state, told FROM outbox
WHERE ($state::VARCHAR IS NULL OR state = $state::VARCHAR) AND ($sink::VARCHAR IS NULL OR sink = $sink::VARCHAR)
ORDER BY created_at DESC LIMIT $limit::BIGINT;
