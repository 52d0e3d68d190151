-- One attempt: what it came to, and when the next one is due.
UPDATE outbox SET state = $state, attempts = attempts + 1, due_at = coalesce($due::TIMESTAMP, due_at), told = $told
WHERE outbox_id = $id;
