UPDATE {interval} AS i SET
    missed = i.missed + 1,
    valid_to = CASE WHEN m.lost THEN greatest($seen_at, i.valid_from) END
FROM staged_missed AS m
WHERE i.id = m.id AND i.valid_to IS NULL;
