-- How often each part and edge came (its interval is not the continuation of another) since a time.
WITH span AS (
    SELECT id, valid_from, valid_to FROM part_interval
    UNION ALL
    SELECT id, valid_from, valid_to FROM edge_interval
), came AS (
    SELECT id, valid_from, lag(valid_to) OVER (PARTITION BY id ORDER BY valid_from) AS left_at FROM span
)
SELECT id, count(*) FROM came
WHERE valid_from > $since::TIMESTAMP AND left_at IS NOT NULL AND left_at < valid_from
GROUP BY id;
