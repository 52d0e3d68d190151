"""SQL of anybody's, run in a child process that can read one snapshot and nothing else and that lives for one query."""
