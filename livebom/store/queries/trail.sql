-- Looks that never ended, and where to go on.
SELECT sweep_id, surface, scope, livebom_version, started_at, trail FROM sweep
WHERE ended_at IS NULL AND trail IS NOT NULL
ORDER BY started_at, sweep_id;
