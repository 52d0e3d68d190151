-- question: 6 changes
-- asks: intervals
-- title: What changed between two times: parts and edges that came, went, or hold other values
-- shown: change, kind, part_key, other_key, attribute, value_before, value_after
-- parameter: since (time, required) the older time
-- parameter: until (time, optional) the newer time; without one, now
WITH span AS (
    SELECT $since::TIMESTAMP AS since, coalesce($until::TIMESTAMP, TIMESTAMP '9999-12-31') AS until
), spell AS (
    SELECT 'part' AS what, id, kind, part_key, NULL::UUID AS destination_id, attributes, valid_from, valid_to
    FROM part_interval
    UNION ALL
    SELECT 'edge', id, kind, NULL, destination_id, attributes, valid_from, valid_to FROM edge_interval
), touched AS (
    SELECT DISTINCT what, id FROM spell, span
    WHERE (valid_from > since AND valid_from <= until) OR (valid_to > since AND valid_to <= until)
), then_state AS (
    SELECT spell.* FROM spell JOIN touched USING (what, id), span
    WHERE valid_from <= since AND (valid_to IS NULL OR valid_to > since)
), now_state AS (
    SELECT spell.* FROM spell JOIN touched USING (what, id), span
    WHERE valid_from <= until AND (valid_to IS NULL OR valid_to > until)
), pair AS (
    SELECT what, id, coalesce(now_state.kind, then_state.kind) AS kind, then_state.attributes AS old_attributes,
        now_state.attributes AS new_attributes, then_state.valid_from AS old_from, now_state.valid_from AS new_from,
        coalesce(now_state.valid_from, then_state.valid_to) AS changed_at
    FROM then_state FULL JOIN now_state USING (what, id)
    WHERE then_state.valid_from IS DISTINCT FROM now_state.valid_from
), word AS (
    -- Each side's claims on the attributes of what stood at both times.
    SELECT side.id, side.old_attributes = side.attributes AS is_old, told.key AS name,
        unnest(from_json(told.value,
            '[{"value":"JSON","surface":"VARCHAR","source":"VARCHAR","confidence":"VARCHAR","last_seen":"VARCHAR"}]'
        )) AS claim
    FROM (
        SELECT id, old_attributes, unnest([old_attributes, new_attributes]) AS attributes FROM pair
        WHERE old_from IS NOT NULL AND new_from IS NOT NULL AND old_attributes <> new_attributes
    ) AS side, json_each(side.attributes) AS told
), believed AS (
    SELECT id, is_old, name, arg_min(claim.value, (
        list_position(['verified', 'declared', 'inferred', 'unresolved'], claim.confidence),
        -epoch_us(claim.last_seen::TIMESTAMPTZ), claim.surface, claim.source, claim.value::VARCHAR
    )) AS value
    FROM word GROUP BY id, is_old, name
), differing AS (
    SELECT id, name, any_value(value) FILTER (is_old) AS old_value, any_value(value) FILTER (NOT is_old) AS new_value
    FROM believed GROUP BY id, name
    HAVING any_value(value::VARCHAR) FILTER (is_old) IS DISTINCT FROM any_value(value::VARCHAR) FILTER (NOT is_old)
), named AS (
    SELECT id, arg_max(part_key, valid_from) AS part_key FROM part_interval
    WHERE id IN (
        SELECT id FROM pair UNION ALL SELECT source_id FROM edge_interval WHERE id IN (SELECT id FROM pair)
        UNION ALL SELECT destination_id FROM edge_interval WHERE id IN (SELECT id FROM pair)
    )
    GROUP BY id
), place AS (
    SELECT id, part_key AS source_key, NULL AS destination_key FROM named
    UNION ALL
    SELECT DISTINCT edge.id, source.part_key, destination.part_key
    FROM edge_interval AS edge
    JOIN named AS source ON source.id = edge.source_id
    JOIN named AS destination ON destination.id = edge.destination_id
    WHERE edge.id IN (SELECT id FROM pair)
)
SELECT pair.changed_at,
    CASE WHEN pair.old_from IS NULL THEN 'new' WHEN pair.new_from IS NULL THEN 'gone' ELSE 'changed' END AS change,
    pair.kind, place.source_key AS part_key, place.destination_key AS other_key, differing.name AS attribute,
    differing.old_value->>'$' AS value_before, differing.new_value->>'$' AS value_after
FROM pair
JOIN place USING (id)
LEFT JOIN differing USING (id)
WHERE pair.old_from IS NULL OR pair.new_from IS NULL OR differing.name IS NOT NULL
ORDER BY pair.changed_at, change, pair.kind, place.source_key, place.destination_key, attribute;
