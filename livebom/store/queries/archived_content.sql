SELECT digest FROM last_named WHERE last_at >= $day::DATE AND last_at < $day::DATE + INTERVAL 1 DAY;
