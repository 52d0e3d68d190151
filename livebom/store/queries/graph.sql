-- The state at a time; nothing is told to be seen later than that.
SELECT * EXCLUDE (valid_from, valid_to, missed, values_digest, claims_digest, sweep_id)
    REPLACE (least(last_seen, $moment::TIMESTAMP) AS last_seen)
FROM {interval}
WHERE valid_from <= $moment::TIMESTAMP AND (valid_to IS NULL OR valid_to > $moment::TIMESTAMP);
