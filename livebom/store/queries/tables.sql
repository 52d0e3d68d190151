-- The tables of the file, so that a foreign file is known before anything is written.
SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary ORDER BY table_name;
