-- What was moved out of this file still counts.
SELECT sweep.sweep_id, surface, scope, livebom_version, started_at, ended_at, complete, tally, not_seen,
    coalesce(seen.amount, 0), coalesce(asked.amount, 0)
FROM sweep
LEFT JOIN (
    SELECT sweep_id, sum(amount)::BIGINT AS amount FROM (
        SELECT sweep_id, count(*) AS amount FROM observation GROUP BY sweep_id
        UNION ALL SELECT sweep_id, row_count FROM history WHERE table_name = 'observation'
    ) GROUP BY sweep_id
) AS seen USING (sweep_id)
LEFT JOIN (
    SELECT sweep_id, sum(amount)::BIGINT AS amount FROM (
        SELECT sweep_id, count(*) AS amount FROM ask GROUP BY sweep_id
        UNION ALL SELECT sweep_id, row_count FROM history WHERE table_name = 'ask'
    ) GROUP BY sweep_id
) AS asked USING (sweep_id)
ORDER BY started_at, sweep.sweep_id;
