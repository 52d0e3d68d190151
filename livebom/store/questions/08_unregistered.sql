-- question: 8 unregistered
-- title: What was seen and stands in no register, and what a register lists and nobody saw
-- shown: standing, kind, part_key, told_by, last_seen, perhaps
-- parameter: surface (text, default runtime) which surface must have seen it; any for all of them
-- parameter: kind (text, optional) only this kind of part
WITH asked AS (
    SELECT id, kind, name, part_key, first_seen, last_seen FROM part
    WHERE CASE WHEN $kind::VARCHAR IS NULL
        THEN kind IN ('server', 'model', 'adapter', 'agent', 'mcp_server', 'vector_store', 'api_provider', 'dataset')
        ELSE kind = $kind::VARCHAR END
), told AS (
    SELECT part_id AS id, bool_or(surface = 'register') AS is_registered,
        bool_or(surface NOT IN ('register', 'import') AND $surface::VARCHAR IN (surface, 'any')) AS is_seen,
        list_sort(list_distinct(list(CASE WHEN surface = 'register' THEN source ELSE surface END))) AS told_by
    FROM sighting WHERE part_id IN (SELECT id FROM asked) GROUP BY part_id
), one_sided AS (
    SELECT asked.*, CASE WHEN told.is_seen THEN 'not registered' ELSE 'not seen' END AS standing, told.told_by
    FROM asked JOIN told USING (id) WHERE told.is_registered <> told.is_seen
), maybe AS (
    -- Nothing is joined by its name; but that one of the same name stands on the other side is worth a look.
    SELECT one.id, list(DISTINCT other.part_key ORDER BY other.part_key) AS perhaps
    FROM one_sided AS one
    JOIN one_sided AS other ON other.kind = one.kind AND other.standing <> one.standing
        AND lower(other.name) = lower(one.name)
    GROUP BY one.id
), candidate AS (
    SELECT one.id, list(DISTINCT other.part_key ORDER BY other.part_key) AS perhaps
    FROM edge
    JOIN one_sided AS one ON one.id IN (edge.source_id, edge.destination_id)
    JOIN one_sided AS other ON other.standing <> one.standing
        AND other.id = CASE WHEN one.id = edge.source_id THEN edge.destination_id ELSE edge.source_id END
    WHERE edge.kind = 'candidate_same_as'
    GROUP BY one.id
)
SELECT one_sided.standing, one_sided.kind, one_sided.name, one_sided.part_key, one_sided.told_by,
    one_sided.first_seen, one_sided.last_seen,
    nullif(list_sort(list_distinct(list_concat(maybe.perhaps, candidate.perhaps))), []) AS perhaps
FROM one_sided
LEFT JOIN maybe USING (id)
LEFT JOIN candidate USING (id)
ORDER BY one_sided.standing, one_sided.kind, one_sided.part_key;
