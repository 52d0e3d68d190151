COPY (SELECT {values} FROM answer) TO {file} (FORMAT parquet, COMPRESSION zstd);
