-- Open intervals of what was seen now whose claims are others than those seen: some may be of another surface.
SELECT i.id, i.attributes
FROM {interval} AS i JOIN {staged} AS s USING (id)
WHERE i.valid_to IS NULL AND i.claims_digest <> s.claims_digest;
