-- question: 1 reaches
-- title: A new endpoint or server: which models and tools it leads to, and what of that is new
-- shown: kind, place, leads_to, name, is_new, newest_seen, path
-- parameter: place (part endpoint server, optional) only this endpoint or server, new or not
-- parameter: since (time, optional) endpoints and servers first seen after it, or with something new behind them
WITH RECURSIVE reach USING KEY (root_id, id) AS (
    SELECT id AS root_id, id, 0 AS depth, name AS path, first_seen AS newest
    FROM part
    WHERE kind IN ('endpoint', 'server') AND ($place::UUID IS NULL OR id = $place::UUID)
    UNION
    SELECT reach.root_id, step.destination_id, any_value(reach.depth) + 1,
        min(reach.path || ' -' || step.kind || '-> ' || part.name),
        max(greatest(reach.newest, step.first_seen, part.first_seen))
    FROM reach
    JOIN call_step AS step ON step.source_id = reach.id
    JOIN part ON part.id = step.destination_id
    WHERE reach.depth < 8
        AND NOT EXISTS (
            SELECT 1 FROM recurring.reach AS known
            WHERE known.root_id = reach.root_id AND known.id = step.destination_id
        )
    GROUP BY reach.root_id, step.destination_id
)
SELECT root.kind, root.name AS place, root.part_key AS place_key, part.kind AS leads_to, part.name, part.part_key,
    reach.depth, reach.newest AS newest_seen,
    $since::TIMESTAMP IS NULL OR reach.newest > $since::TIMESTAMP AS is_new, reach.path
FROM reach
JOIN part AS root ON root.id = reach.root_id
JOIN part ON part.id = reach.id
WHERE part.kind IN ('model', 'model_version', 'adapter', 'tool', 'api_provider')
    AND ($place::UUID IS NOT NULL OR $since::TIMESTAMP IS NULL OR reach.newest > $since::TIMESTAMP)
ORDER BY root.kind, root.part_key, is_new DESC, part.kind, part.part_key;
