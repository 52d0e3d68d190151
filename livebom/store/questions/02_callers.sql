-- question: 2 callers
-- title: Which agents and models can call a tool, and by which way
-- shown: kind, name, is_allowed, path
-- parameter: tool (part tool endpoint, required) the tool
WITH RECURSIVE reach USING KEY (id) AS (
    SELECT id, 0 AS depth, name AS path FROM part WHERE id = $tool::UUID
    UNION
    SELECT part.id, any_value(reach.depth) + 1, min(part.name || ' -' || step.kind || '-> ' || reach.path)
    FROM reach
    JOIN control_step AS step ON step.destination_id = reach.id
    JOIN part ON part.id = step.source_id
    WHERE reach.depth < 8 AND NOT EXISTS (SELECT 1 FROM recurring.reach AS known WHERE known.id = step.source_id)
    GROUP BY part.id
)
SELECT part.kind, part.name, part.part_key, reach.depth,
    EXISTS (
        SELECT 1 FROM edge
        WHERE edge.kind = 'allowed' AND edge.source_id = part.id AND (
            edge.destination_id = $tool::UUID
            OR edge.destination_id IN (SELECT source_id FROM edge WHERE kind = 'exposes' AND destination_id = $tool::UUID)
        )
    ) AS is_allowed,
    reach.path
FROM reach JOIN part USING (id)
WHERE part.kind IN ('agent', 'model', 'model_version', 'adapter', 'endpoint', 'server') AND reach.depth > 0
ORDER BY reach.depth, part.kind, part.part_key;
