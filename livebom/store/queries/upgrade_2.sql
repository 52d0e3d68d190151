-- From the first schema to the second.
ALTER TABLE alias ADD COLUMN method VARCHAR DEFAULT 'declared';
ALTER TABLE alias ADD COLUMN confidence DOUBLE DEFAULT 1.0;
ALTER TABLE alias ALTER COLUMN method SET NOT NULL;
ALTER TABLE alias ALTER COLUMN confidence SET NOT NULL;
ALTER TABLE sweep ADD COLUMN not_seen JSON;
ALTER TABLE sweep ADD COLUMN trail JSON;
CREATE TABLE unsettled (
    sweep_id VARCHAR NOT NULL,
    listener_key VARCHAR NOT NULL,
    service JSON NOT NULL
);
CREATE TABLE baseline (
    baseline_name VARCHAR NOT NULL,
    as_of TIMESTAMP NOT NULL,
    set_at TIMESTAMP NOT NULL,
    reason VARCHAR NOT NULL
);
UPDATE meta SET schema_version = 2;
