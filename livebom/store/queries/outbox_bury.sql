UPDATE outbox SET state = 'dead', told = $told
WHERE state = 'waiting' AND sink NOT IN (SELECT unnest($sinks::VARCHAR[]))
RETURNING outbox_id;
