DELETE FROM {table} WHERE {column} >= $day::DATE AND {column} < $day::DATE + INTERVAL 1 DAY;
