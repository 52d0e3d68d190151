DELETE FROM outbox
WHERE (state = 'sent' AND created_at < $sent::TIMESTAMP) OR (state = 'dead' AND created_at < $dead::TIMESTAMP)
RETURNING outbox_id;
