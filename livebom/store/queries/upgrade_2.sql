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
CREATE TABLE change (
    change_id VARCHAR NOT NULL,
    sweep_id VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    event VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    part_key VARCHAR NOT NULL,
    body JSON NOT NULL
);
CREATE TABLE held (
    id UUID NOT NULL,
    looks INTEGER NOT NULL
);
CREATE TABLE history (
    file_name VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    archived_day DATE NOT NULL,
    sweep_id VARCHAR NOT NULL,
    row_count BIGINT NOT NULL
);
CREATE TABLE outbox (
    outbox_id VARCHAR NOT NULL,
    sink VARCHAR NOT NULL,
    body JSON NOT NULL,
    created_at TIMESTAMP NOT NULL,
    due_at TIMESTAMP NOT NULL,
    attempts INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    told VARCHAR NOT NULL
);
CREATE TABLE baseline (
    baseline_name VARCHAR NOT NULL,
    as_of TIMESTAMP NOT NULL,
    set_at TIMESTAMP NOT NULL,
    reason VARCHAR NOT NULL
);
UPDATE meta SET schema_version = 2;
