SELECT DISTINCT file_name FROM history ORDER BY file_name;
