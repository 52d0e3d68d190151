-- which: the parts that a word could mean, the surest way of meaning them first.
WITH meant AS (
    SELECT part_id AS id, 1 AS how FROM part_name WHERE part_key = $word::VARCHAR
    UNION ALL
    SELECT id, 2 FROM part WHERE name = $word::VARCHAR
    UNION ALL
    SELECT id, 3 FROM part WHERE lower(name) = lower($word::VARCHAR)
    UNION ALL
    SELECT part_id, 3 FROM part_name WHERE lower(part_key) = lower($word::VARCHAR)
    UNION ALL
    SELECT id, 4 FROM part
    WHERE regexp_full_match(lower($word::VARCHAR), '[0-9a-f-]{4,36}') AND starts_with(id::VARCHAR, lower($word::VARCHAR))
)
SELECT part.id, part.kind, part.part_key, min(meant.how) AS how
FROM meant JOIN part USING (id)
WHERE len($kinds::VARCHAR[]) = 0 OR list_contains($kinds::VARCHAR[], part.kind)
GROUP BY part.id, part.kind, part.part_key
ORDER BY how, part.kind, part.part_key
LIMIT 500;
