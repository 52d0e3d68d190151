-- part: every thing, once: what several keys name is one row under the smallest of their ids.
CREATE TABLE part (
    id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    part_key VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    first_seen TIMESTAMP NOT NULL,
    last_seen TIMESTAMP NOT NULL
);

-- part_name: every key a part goes by, its own and those that aliases joined to it.
CREATE TABLE part_name (
    part_id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    part_key VARCHAR NOT NULL
);

-- edge: how one part stands to another, with the kinds of both ends.
CREATE TABLE edge (
    id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    source_id UUID NOT NULL,
    source_kind VARCHAR NOT NULL,
    destination_id UUID NOT NULL,
    destination_kind VARCHAR NOT NULL,
    first_seen TIMESTAMP NOT NULL,
    last_seen TIMESTAMP NOT NULL
);

-- attribute: every source's word on a part, believed or not; a list is one row per element, in order of position.
CREATE TABLE attribute (
    part_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    value VARCHAR,
    confidence VARCHAR NOT NULL,
    surface VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    first_seen TIMESTAMP NOT NULL,
    last_seen TIMESTAMP NOT NULL,
    believed BOOLEAN NOT NULL
);

-- sighting: which surface's sources speak of a part at all.
CREATE TABLE sighting (
    part_id UUID NOT NULL,
    surface VARCHAR NOT NULL,
    source VARCHAR NOT NULL
);
