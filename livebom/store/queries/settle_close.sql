-- A clock that went back must not end an interval before it began.
UPDATE {interval} AS i SET valid_to = greatest($seen_at, i.valid_from)
FROM {staged} AS s
WHERE i.id = s.id AND i.valid_to IS NULL AND i.values_digest <> s.values_digest;
