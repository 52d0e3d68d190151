SELECT baseline_name, as_of, set_at, reason FROM baseline ORDER BY baseline_name, set_at;
