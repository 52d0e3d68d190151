-- Known, and not seen now; whether it was looked for is for the caller to say.
SELECT i.* EXCLUDE (valid_from, valid_to, missed, values_digest, claims_digest, sweep_id), i.missed
FROM {interval} AS i ANTI JOIN {staged} AS s USING (id)
WHERE i.valid_to IS NULL;
