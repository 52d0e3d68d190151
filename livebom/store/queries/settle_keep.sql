UPDATE {interval} AS i SET
    last_seen = greatest(i.last_seen, s.last_seen),
    missed = CASE WHEN $counts THEN 0 ELSE i.missed END
FROM {staged} AS s
WHERE i.id = s.id AND i.valid_to IS NULL;
