-- question: 4 readers
-- title: From a dataset or a store to everything that can retrieve it: agents, models, servers, endpoints
-- shown: kind, name, path
-- parameter: data (part dataset vector_store repository, required) the dataset, the store, or what fills it
WITH RECURSIVE reach USING KEY (id) AS (
    SELECT id, 0 AS depth, name AS path FROM part WHERE id = $data::UUID
    UNION
    SELECT part.id, any_value(reach.depth) + 1, min(part.name || ' -' || step.kind || '-> ' || reach.path)
    FROM reach
    JOIN retrieval_step AS step ON step.destination_id = reach.id
    JOIN part ON part.id = step.source_id
    WHERE reach.depth < 8 AND NOT EXISTS (SELECT 1 FROM recurring.reach AS known WHERE known.id = step.source_id)
    GROUP BY part.id
)
SELECT part.kind, part.name, part.part_key, reach.depth, reach.path
FROM reach JOIN part USING (id)
WHERE part.kind IN ('agent', 'model', 'server', 'endpoint') AND reach.depth > 0
ORDER BY part.kind, reach.depth, part.part_key;
