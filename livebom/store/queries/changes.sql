-- What was told in a period (its beginning excluded), oldest first; a page goes on behind the change it is told.
WITH last AS (SELECT changed_at, change_id FROM change WHERE change_id = $after)
SELECT change_id, sweep_id, changed_at, body FROM change
WHERE changed_at > $since::TIMESTAMP AND changed_at <= $until::TIMESTAMP
    AND severity IN (SELECT unnest($severities::VARCHAR[])) AND event GLOB $event
    AND ($after IS NULL OR (changed_at, change_id) > (SELECT (changed_at, change_id) FROM last))
ORDER BY changed_at, change_id
LIMIT $limit::BIGINT;
