-- When each body was last named, for those that nothing names any more from that time on.
CREATE TEMP TABLE last_named AS
SELECT digest, max(named_at) AS last_at FROM (
    SELECT digest, asked_at AS named_at FROM copy.ask WHERE digest IS NOT NULL
    UNION ALL
    SELECT unnest(evidence->>'$[*].digest') AS digest, seen_at AS named_at FROM copy.observation
) SEMI JOIN copy.content USING (digest)
GROUP BY digest HAVING max(named_at) < $until::TIMESTAMP;
