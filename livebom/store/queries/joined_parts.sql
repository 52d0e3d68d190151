-- The parts of now that stand in an alias row.
SELECT id, kind, part_key, attributes, first_seen, last_seen FROM part_interval
WHERE valid_to IS NULL AND id IN (SELECT id FROM alias UNION ALL SELECT same_as FROM alias);
