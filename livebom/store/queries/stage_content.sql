CREATE OR REPLACE TEMP TABLE staged_content (digest VARCHAR, body BLOB, byte_count BIGINT);
