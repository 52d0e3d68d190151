-- The days before a time of which raw rows are still here.
SELECT DISTINCT day FROM (
    SELECT seen_at::DATE AS day FROM observation WHERE seen_at < $until::TIMESTAMP
    UNION ALL
    SELECT asked_at::DATE FROM ask WHERE asked_at < $until::TIMESTAMP
) ORDER BY day;
