SELECT count(*) FROM {source} WHERE {column} >= $day::DATE AND {column} < $day::DATE + INTERVAL 1 DAY;
