UPDATE {staged} AS s
SET attributes = a.attributes, values_digest = a.values_digest, claims_digest = a.claims_digest
FROM staged_amended AS a
WHERE s.id = a.id;
DROP TABLE staged_amended;
