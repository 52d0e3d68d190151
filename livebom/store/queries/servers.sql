-- Each listener's server, once per model it serves; the model's columns are null where it serves none we know of.
WITH edge AS (
    SELECT kind, source_id, destination_id, attributes FROM edge_interval
    WHERE kind IN ('listens_on', 'serves')
        AND valid_from <= $moment::TIMESTAMP AND (valid_to IS NULL OR valid_to > $moment::TIMESTAMP)
), part AS (
    SELECT id, part_key, attributes FROM part_interval
    WHERE kind IN ('listener', 'server', 'model')
        AND valid_from <= $moment::TIMESTAMP AND (valid_to IS NULL OR valid_to > $moment::TIMESTAMP)
)
SELECT listener.id, listener.part_key, server.part_key, server.attributes, model.part_key, serves.attributes
FROM edge AS listens
JOIN part AS listener ON listener.id = listens.destination_id
JOIN part AS server ON server.id = listens.source_id
LEFT JOIN (edge AS serves JOIN part AS model ON model.id = serves.destination_id)
    ON serves.source_id = server.id AND serves.kind = 'serves'
WHERE listens.kind = 'listens_on'
ORDER BY listener.part_key, server.part_key, model.part_key;
