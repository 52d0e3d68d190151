SELECT count(DISTINCT file_name) FROM history WHERE table_name = $table AND archived_day = $day::DATE;
