SELECT count(*) FROM change
WHERE changed_at > $since::TIMESTAMP AND changed_at <= $until::TIMESTAMP
    AND severity IN (SELECT unnest($severities::VARCHAR[])) AND event GLOB $event;
