-- Open intervals whose attribute values are no longer what was seen now.
SELECT i.* EXCLUDE (valid_from, valid_to, missed, values_digest, claims_digest, sweep_id)
FROM {interval} AS i JOIN {staged} AS s USING (id)
WHERE i.valid_to IS NULL AND i.values_digest <> s.values_digest;
