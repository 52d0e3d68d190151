-- What a snapshot holds besides: parts and edges that several keys name, drawn as one.
CREATE OR REPLACE TABLE joined (id UUID NOT NULL, canonical_id UUID NOT NULL);
CREATE OR REPLACE TABLE joined_part AS
    SELECT id, kind, part_key, attributes, first_seen, last_seen FROM part_interval LIMIT 0;
CREATE OR REPLACE TABLE joined_edge AS
    SELECT id, kind, source_id, destination_id, attributes, first_seen, last_seen FROM edge_interval LIMIT 0;
