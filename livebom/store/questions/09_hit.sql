-- question: 9 hit
-- title: What is hit by a hash or a CVE; without one, by every known-bad hash and every finding that names a CVE
-- shown: kind, name, cause, path
-- parameter: hash (text, optional) SHA-256, BLAKE3 or digest, with or without sha256: before it
-- parameter: cve (text, optional) the CVE, or the rule of a finding
WITH RECURSIVE struck AS (
    SELECT part_id AS id, name || ' ' || value AS cause FROM believed
    WHERE name IN ('sha256', 'blake3', 'digest', 'image_digest', 'certificate', 'revision')
        AND replace(lower(value), 'sha256:', '') = replace(lower($hash::VARCHAR), 'sha256:', '')
    UNION
    SELECT part_id, 'key ' || part_key FROM part_name
    WHERE part_key = 'sha256:' || replace(lower($hash::VARCHAR), 'sha256:', '')
    UNION
    SELECT part_id, 'known bad: ' || value FROM believed
    WHERE name = 'known_bad' AND value IS NOT NULL AND $hash::VARCHAR IS NULL AND $cve::VARCHAR IS NULL
    UNION
    SELECT part_id, rule || CASE WHEN title IS NULL THEN '' ELSE ': ' || title END FROM finding_view
    WHERE part_id IS NOT NULL AND coalesce(state, 'fail') = 'fail' AND CASE WHEN $cve::VARCHAR IS NULL
        THEN $hash::VARCHAR IS NULL AND (cve IS NOT NULL OR starts_with(rule, 'CVE-'))
        ELSE lower(rule) = lower($cve::VARCHAR) OR list_contains(cve, upper($cve::VARCHAR)) END
), reach USING KEY (id) AS (
    SELECT part.id, 0 AS depth, part.name AS path, min(struck.cause) AS cause
    FROM struck JOIN part USING (id) GROUP BY part.id, part.name
    UNION
    SELECT part.id, any_value(reach.depth) + 1, min(part.name || ' -' || step.kind || '-> ' || reach.path),
        arg_min(reach.cause, (part.name || ' -' || step.kind || '-> ' || reach.path, reach.cause))
    FROM reach
    JOIN rests_on AS step ON step.destination_id = reach.id
    JOIN part ON part.id = step.source_id
    WHERE reach.depth < 8 AND NOT EXISTS (SELECT 1 FROM recurring.reach AS known WHERE known.id = step.source_id)
    GROUP BY part.id
)
SELECT part.kind, part.name, part.part_key, reach.depth, reach.cause, reach.path
FROM reach JOIN part USING (id)
ORDER BY reach.depth, part.kind, part.part_key;
