-- The edges of now whose ends stand in an alias row.
WITH known AS (SELECT id FROM alias UNION SELECT same_as FROM alias)
SELECT id, kind, source_id, destination_id, attributes, first_seen, last_seen FROM edge_interval
WHERE valid_to IS NULL AND (source_id IN (FROM known) OR destination_id IN (FROM known));
