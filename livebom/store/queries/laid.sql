-- What publishing laid into a snapshot, views before what they rest on.
SELECT * FROM (
    SELECT 'VIEW' AS kind, view_name AS name FROM duckdb_views() WHERE NOT internal
    UNION ALL
    SELECT DISTINCT if(function_type = 'macro', 'MACRO', 'MACRO TABLE'), function_name FROM duckdb_functions()
    WHERE NOT internal AND function_type IN ('macro', 'table_macro')
    UNION ALL
    SELECT 'TABLE', table_name FROM duckdb_tables()
    WHERE NOT internal AND table_name IN ('joined', 'joined_part', 'joined_edge')
) ORDER BY kind DESC, name;
