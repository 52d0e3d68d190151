-- question: 7 changers
-- title: Who may change something: the thing itself, or anything that it rests on
-- shown: who, email, may_change, name, path
-- parameter: part (part, required) any part
WITH RECURSIVE reach USING KEY (id) AS (
    SELECT id, 0 AS depth, name AS path FROM part WHERE id = $part::UUID
    UNION
    SELECT part.id, any_value(reach.depth) + 1, min(reach.path || ' -' || step.kind || '-> ' || part.name)
    FROM reach
    JOIN rests_on AS step ON step.source_id = reach.id
    JOIN part ON part.id = step.destination_id
    WHERE reach.depth < 8 AND NOT EXISTS (SELECT 1 FROM recurring.reach AS known WHERE known.id = step.destination_id)
    GROUP BY part.id
), person AS (
    SELECT part.id, part.name, part.part_key, max(value) FILTER (believed.name = 'type') AS type,
        max(value) FILTER (believed.name = 'email') AS email
    FROM part LEFT JOIN believed ON believed.part_id = part.id AND believed.name IN ('type', 'email')
    WHERE part.kind = 'principal' GROUP BY ALL
)
SELECT person.name AS who, person.part_key AS who_key, person.type, person.email, changed.kind AS may_change,
    changed.name, changed.part_key, reach.depth, reach.path
FROM reach
JOIN edge ON edge.kind = 'may_change' AND edge.destination_id = reach.id
JOIN person ON person.id = edge.source_id
JOIN part AS changed ON changed.id = reach.id
ORDER BY reach.depth, who_key, changed.kind, changed.part_key;
