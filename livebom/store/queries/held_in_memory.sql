-- Bytes of the store's pages, indexes and running transactions that DuckDB holds in memory.
SELECT coalesce(sum(memory_usage_bytes), 0)::BIGINT FROM duckdb_memory()
