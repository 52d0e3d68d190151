SELECT outbox_id FROM outbox WHERE outbox_id IN (SELECT unnest($ids::VARCHAR[]));
