-- What has no open interval now is new, or its old one was just closed; what was known before keeps its first sight.
INSERT INTO {interval} BY NAME
WITH fresh AS (
    SELECT s.* FROM {staged} AS s ANTI JOIN (SELECT id FROM {interval} WHERE valid_to IS NULL) AS o USING (id)
), past AS (
    SELECT id, min(first_seen) AS first_seen, max(valid_to) AS valid_to
    FROM {interval} WHERE id IN (SELECT id FROM fresh) GROUP BY id
)
SELECT fresh.* REPLACE (least(fresh.first_seen, past.first_seen) AS first_seen),
    greatest($seen_at, past.valid_to) AS valid_from, 0 AS missed, $sweep_id AS sweep_id
FROM fresh LEFT JOIN past USING (id);
