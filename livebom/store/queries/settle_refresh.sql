-- Same values, other words: who says so, or how well it is known, has changed; that is no change of the thing itself.
UPDATE {interval} AS i SET attributes = s.attributes, claims_digest = s.claims_digest
FROM {staged} AS s
WHERE i.id = s.id AND i.valid_to IS NULL AND i.claims_digest <> s.claims_digest;
