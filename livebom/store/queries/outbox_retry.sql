UPDATE outbox SET state = 'waiting', attempts = 0, due_at = $due::TIMESTAMP
WHERE state = 'dead' AND ($sink::VARCHAR IS NULL OR sink = $sink::VARCHAR)
    AND ($any::BOOLEAN OR EXISTS (SELECT 1 FROM unnest($ids::VARCHAR[]) AS asked(id) WHERE starts_with(outbox_id, id)))
RETURNING outbox_id;
