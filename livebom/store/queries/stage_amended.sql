CREATE OR REPLACE TEMP TABLE staged_amended (
    id UUID, attributes VARCHAR, values_digest BLOB, claims_digest BLOB
);
