-- Seen now, and without an open interval.
SELECT id FROM {staged} ANTI JOIN (SELECT id FROM {interval} WHERE valid_to IS NULL) AS o USING (id);
