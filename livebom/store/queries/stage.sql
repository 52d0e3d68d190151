-- Made anew for every settling: deleting from a temporary table would not give its memory back. Columns as in the table
-- each is for, up to the digests; the attributes are plain text here, so that only those that are kept get parsed.
-- Spelt out, because DuckDB 2.0.0 with several threads finds nothing in a table made by CREATE TABLE AS … LIMIT 0 once
-- an Appender has put more than a row group (122,880 rows) into it within the same transaction.
CREATE OR REPLACE TEMP TABLE staged_part (
    id UUID, kind VARCHAR, part_key VARCHAR, attributes VARCHAR, first_seen TIMESTAMP, last_seen TIMESTAMP,
    values_digest BLOB, claims_digest BLOB
);
CREATE OR REPLACE TEMP TABLE staged_edge (
    id UUID, kind VARCHAR, source_id UUID, destination_id UUID, attributes VARCHAR, first_seen TIMESTAMP,
    last_seen TIMESTAMP, values_digest BLOB, claims_digest BLOB
);
CREATE OR REPLACE TEMP TABLE staged_alias (
    id UUID, same_as UUID, kind VARCHAR, part_key VARCHAR, source VARCHAR, first_seen TIMESTAMP, last_seen TIMESTAMP,
    method VARCHAR, confidence DOUBLE
);
