-- question: 2 worst
-- title: The worst a jailbroken model, or an agent, can do: each capability in reach with its shortest way, worst first
-- shown: capability, kind, name, by_name, path
-- parameter: model (part model model_version adapter agent, optional) only this model or agent
WITH RECURSIVE capability_rank AS (
    FROM (VALUES ('exec', 1), ('payment', 2), ('secrets', 3), ('fs-write', 4), ('data-write', 5), ('network', 6),
        ('data-read', 7), ('fs-read', 8)) AS ranked(capability, worst)
), near AS (
    SELECT id FROM part
    WHERE kind IN ('model', 'model_version', 'adapter', 'agent') AND ($model::UUID IS NULL OR id = $model::UUID)
    UNION
    SELECT step.destination_id FROM near JOIN control_step AS step ON step.source_id = near.id
), act AS (
    -- What can be done at a part itself: a tool's capabilities, and the stores and providers it is joined to.
    SELECT part_id AS id, value AS capability, part_id AS end_id, '' AS way FROM believed
    WHERE name = 'capabilities' AND value IS NOT NULL
    UNION
    SELECT id, 'unknown', id, '' FROM part
    WHERE kind = 'tool' AND id NOT IN (SELECT part_id FROM believed WHERE name = 'capabilities' AND value IS NOT NULL)
    UNION
    SELECT source_id, CASE kind WHEN 'reads' THEN 'data-read' WHEN 'writes' THEN 'data-write' ELSE 'network' END,
        destination_id, kind
    FROM edge WHERE kind IN ('reads', 'writes', 'calls_provider', 'sends_data_to')
), reach USING KEY (id, capability) AS (
    SELECT act.id, act.capability, min({
        'depth': CASE act.way WHEN '' THEN 0 ELSE 1 END,
        'path': part.name || CASE act.way WHEN '' THEN '' ELSE ' -' || act.way || '-> ' || done_to.name END,
        'end_id': act.end_id
    }) AS way
    FROM act JOIN near USING (id) JOIN part ON part.id = act.id JOIN part AS done_to ON done_to.id = act.end_id
    GROUP BY act.id, act.capability
    UNION
    SELECT part.id, reach.capability, min({
        'depth': reach.way.depth + 1,
        'path': part.name || ' -' || step.kind || '-> ' || reach.way.path,
        'end_id': reach.way.end_id
    })
    FROM reach
    JOIN control_step AS step ON step.destination_id = reach.id
    JOIN near ON near.id = step.source_id
    JOIN part ON part.id = step.source_id
    WHERE reach.way.depth < 8
        AND NOT EXISTS (
            SELECT 1 FROM recurring.reach AS known
            WHERE known.id = step.source_id AND known.capability = reach.capability
        )
    GROUP BY part.id, reach.capability
)
SELECT root.kind, root.name, root.part_key, reach.capability, done.kind AS by_kind, done.name AS by_name,
    done.part_key AS by_key, reach.way.depth AS depth, reach.way.path AS path
FROM reach
JOIN part AS root ON root.id = reach.id
JOIN part AS done ON done.id = reach.way.end_id
LEFT JOIN capability_rank USING (capability)
WHERE root.kind IN ('model', 'model_version', 'adapter', 'agent') AND ($model::UUID IS NULL OR root.id = $model::UUID)
ORDER BY coalesce(worst, 9), reach.capability, root.kind, root.part_key;
