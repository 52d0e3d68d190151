-- meta: which shape this file has; one row. Written by livebom.store when it makes the file.
CREATE TABLE meta (
    schema_version INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- sweep: one row per look, opened when it begins and completed when it ends. Written by livebom.turn.
CREATE TABLE sweep (
    sweep_id VARCHAR PRIMARY KEY,
    surface VARCHAR NOT NULL,
    scope JSON NOT NULL,
    livebom_version VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    complete BOOLEAN,
    tally JSON,
    not_seen JSON,
    trail JSON
);

-- unsettled: services of a look that has not ended, so that one that was killed can go on. Written by livebom.turn.
CREATE TABLE unsettled (
    sweep_id VARCHAR NOT NULL,
    listener_key VARCHAR NOT NULL,
    service JSON NOT NULL
);

-- coverage: which places a sweep really looked at, and why not where it did not. Written by livebom.turn.
CREATE TABLE coverage (
    sweep_id VARCHAR NOT NULL,
    zone VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    ports VARCHAR NOT NULL,
    planned BIGINT NOT NULL,
    tried BIGINT NOT NULL,
    complete BOOLEAN NOT NULL,
    reason VARCHAR NOT NULL
);

-- ask: the ledger of every request sent, whom and when and what came back. Written by livebom.turn.
CREATE TABLE ask (
    sweep_id VARCHAR NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    zone VARCHAR NOT NULL,
    host VARCHAR NOT NULL,
    port INTEGER NOT NULL,
    ask_name VARCHAR NOT NULL,
    request VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    status INTEGER,
    elapsed DOUBLE,
    byte_count BIGINT,
    digest VARCHAR
);

-- observation: the evidence, one row per statement of one source about one part; append-only. Written by livebom.turn.
CREATE TABLE observation (
    sweep_id VARCHAR NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    surface VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    part_key VARCHAR NOT NULL,
    aliases JSON NOT NULL,
    facts JSON NOT NULL,
    edges JSON NOT NULL,
    evidence JSON NOT NULL,
    confidence VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL
);

-- content: the body of a reply, once, under the digest that evidence and ledger name. Written by livebom.turn.
CREATE TABLE content (
    digest VARCHAR NOT NULL,
    body BLOB NOT NULL,
    byte_count BIGINT NOT NULL
);

-- part_interval: the span over which a part stood with the same attribute values. Written by livebom.store's settle.
CREATE TABLE part_interval (
    id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    part_key VARCHAR NOT NULL,
    attributes JSON NOT NULL,
    first_seen TIMESTAMP NOT NULL,
    last_seen TIMESTAMP NOT NULL,
    valid_from TIMESTAMP NOT NULL,
    valid_to TIMESTAMP,
    missed INTEGER NOT NULL,
    values_digest BLOB NOT NULL,
    claims_digest BLOB NOT NULL,
    sweep_id VARCHAR NOT NULL
);

-- edge_interval: the span over which an edge stood with the same attribute values. Written by livebom.store's settle.
CREATE TABLE edge_interval (
    id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    source_id UUID NOT NULL,
    destination_id UUID NOT NULL,
    attributes JSON NOT NULL,
    first_seen TIMESTAMP NOT NULL,
    last_seen TIMESTAMP NOT NULL,
    valid_from TIMESTAMP NOT NULL,
    valid_to TIMESTAMP,
    missed INTEGER NOT NULL,
    values_digest BLOB NOT NULL,
    claims_digest BLOB NOT NULL,
    sweep_id VARCHAR NOT NULL
);

-- alias: two keys that name one part; taking the row away undoes the merge. Written by livebom.store's settle.
CREATE TABLE alias (
    id UUID NOT NULL,
    same_as UUID NOT NULL,
    kind VARCHAR NOT NULL,
    part_key VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    first_seen TIMESTAMP NOT NULL,
    last_seen TIMESTAMP NOT NULL,
    method VARCHAR NOT NULL,
    confidence DOUBLE NOT NULL
);

-- change: every typed change that a turn told, with the whole of it as JSON. Written by livebom.turn.
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

-- held: parts and edges that are known but not told yet, because too few looks saw them. Written by livebom.store.
CREATE TABLE held (
    id UUID NOT NULL,
    looks INTEGER NOT NULL
);

-- history: what was moved out of this file into Parquet, by file and look. Written by livebom.store.
CREATE TABLE history (
    file_name VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    archived_day DATE NOT NULL,
    sweep_id VARCHAR NOT NULL,
    row_count BIGINT NOT NULL
);

-- outbox: alerts on their way, until they are delivered or given up. Written by livebom.store for the daemon.
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

-- baseline: moments that somebody called good, by name; the newest row of a name counts. Written by livebom.cli.
CREATE TABLE baseline (
    baseline_name VARCHAR NOT NULL,
    as_of TIMESTAMP NOT NULL,
    set_at TIMESTAMP NOT NULL,
    reason VARCHAR NOT NULL
);
