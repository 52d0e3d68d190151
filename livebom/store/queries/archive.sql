COPY (
    SELECT {columns} FROM {source} WHERE {column} >= DATE '{day}' AND {column} < DATE '{day}' + INTERVAL 1 DAY
    ORDER BY {column}
) TO {path} (FORMAT parquet, COMPRESSION zstd);
