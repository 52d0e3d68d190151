SELECT sweep_id, count(*) FROM {source} WHERE {column} >= $day::DATE AND {column} < $day::DATE + INTERVAL 1 DAY
GROUP BY sweep_id ORDER BY sweep_id;
