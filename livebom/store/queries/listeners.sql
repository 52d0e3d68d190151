SELECT id, part_key, attributes, first_seen, least(last_seen, $moment::TIMESTAMP)
FROM part_interval
WHERE kind = 'listener' AND valid_from <= $moment::TIMESTAMP AND (valid_to IS NULL OR valid_to > $moment::TIMESTAMP)
ORDER BY part_key;
