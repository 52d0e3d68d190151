-- The views of a published snapshot: what is there now, in columns. docs/sql.md describes every one of them.

-- best_claim: of the claims of one attribute the one to believe, as livebom.bom.graph.winner does, and its place.
CREATE OR REPLACE MACRO best_claim(claims) AS list_sort(list_transform(
    from_json(
        claims, '[{"confidence":"VARCHAR","last_seen":"VARCHAR","surface":"VARCHAR","source":"VARCHAR","value":"JSON"}]'
    ),
    lambda claim, place: {
        'rank': list_position(['verified', 'declared', 'inferred', 'unresolved'], claim.confidence),
        'late': -epoch_us(claim.last_seen::TIMESTAMP),
        'surface': claim.surface,
        'source': claim.source,
        'value': claim.value,
        'place': place
    }
))[1];

-- said: what is believed of an attribute, as text; null where nobody says anything.
CREATE OR REPLACE MACRO said(attributes, word) AS CASE
    WHEN json_array_length(attributes, '$."' || word || '"') > 1
    THEN best_claim(json_extract(attributes, '$."' || word || '"')).value->>'$'
    ELSE json_extract_string(attributes, '$."' || word || '"[0].value')
END;

-- all_said: the same of several attributes, in their order. Where no two claims stand side by side, one look is enough.
CREATE OR REPLACE MACRO all_said(attributes, words) AS CASE
    WHEN contains(attributes::VARCHAR, '},{') THEN list_transform(words, lambda word: said(attributes, word))
    ELSE json_extract_string(attributes, list_transform(words, lambda word: '$."' || word || '"[0].value'))
END;

-- items: a list that was said as a list, anything else as a list of itself.
CREATE OR REPLACE MACRO items(told) AS CASE
    WHEN told IS NULL THEN NULL
    WHEN starts_with(told, '[') AND json_valid(told) THEN from_json(told, '["VARCHAR"]')
    ELSE [told]
END;

-- current_part: every part that is known now, once, whatever keys it goes by.
CREATE OR REPLACE VIEW current_part AS
SELECT id, kind, part_key, attributes, first_seen, last_seen FROM part_interval ANTI JOIN joined USING (id)
WHERE valid_to IS NULL
UNION ALL
SELECT id, kind, part_key, attributes, first_seen, last_seen FROM joined_part;

-- part: the same with what people call it and whom to call.
CREATE OR REPLACE VIEW part AS
SELECT id, kind, part_key, coalesce(nullif(told[1], ''), part_key) AS name, told[2] AS owner, attributes, first_seen,
    last_seen
FROM (SELECT *, all_said(attributes, ['name', 'owner']) AS told FROM current_part);

-- part_name: every key a part goes by, its own and those that are joined to it.
CREATE OR REPLACE VIEW part_name AS
SELECT coalesce(joined.canonical_id, one.id) AS part_id, one.kind, one.part_key
FROM part_interval AS one LEFT JOIN joined ON joined.id = one.id
WHERE one.valid_to IS NULL
UNION
SELECT joined.canonical_id, alias.kind, alias.part_key FROM alias JOIN joined ON joined.id = alias.same_as;

-- edge: how one part stands to another, with the kinds and keys of both ends.
CREATE OR REPLACE VIEW edge AS
SELECT one.id, one.kind, one.source_id, source.kind AS source_kind, source.part_key AS source_key,
    one.destination_id, destination.kind AS destination_kind, destination.part_key AS destination_key,
    one.attributes, one.first_seen, one.last_seen
FROM (
    SELECT id, kind, source_id, destination_id, attributes, first_seen, last_seen
    FROM edge_interval ANTI JOIN joined USING (id)
    WHERE valid_to IS NULL
    UNION ALL
    SELECT id, kind, source_id, destination_id, attributes, first_seen, last_seen FROM joined_edge
) AS one
JOIN current_part AS source ON source.id = one.source_id
JOIN current_part AS destination ON destination.id = one.destination_id;

-- attribute: every source's word on a part, believed or not; a list is one row per element, in order of position.
CREATE OR REPLACE VIEW attribute AS
WITH word AS (
    SELECT id, kind, part_key, unnest(map_entries(json_transform(attributes, '"MAP(VARCHAR, JSON)"'))) AS entry
    FROM current_part
), claim AS (
    SELECT id, kind, part_key, entry.key AS name, entry.value AS claims,
        generate_subscripts(from_json(entry.value, '["JSON"]'), 1) AS place,
        unnest(from_json(entry.value, '[{"value":"JSON","confidence":"VARCHAR","surface":"VARCHAR",
            "source":"VARCHAR","first_seen":"TIMESTAMP","last_seen":"TIMESTAMP"}]')) AS claim
    FROM word
), listed AS (
    SELECT *, items(claim.value->>'$') AS told,
        json_array_length(claims) = 1 OR best_claim(claims).place = place AS believed
    FROM claim
)
SELECT id AS part_id, kind AS part_kind, part_key, name, generate_subscripts(told, 1) - 1 AS position,
    unnest(told) AS value, claim.confidence, claim.surface, claim.source, claim.first_seen, claim.last_seen, believed
FROM listed;

-- host: machines.
CREATE OR REPLACE VIEW host AS
SELECT id, part_key, coalesce(nullif(told[1], ''), part_key) AS name, told[2] AS zone, told[3] AS host,
    told[4] AS os, told[5] AS exposure, told[6] AS owner, items(told[7]) AS labels, first_seen, last_seen
FROM (
    SELECT *, all_said(attributes, ['name', 'zone', 'host', 'os', 'exposure', 'owner', 'labels']) AS told
    FROM current_part WHERE kind = 'host'
);

-- listener: places where something answers.
CREATE OR REPLACE VIEW listener AS
SELECT id, part_key, coalesce(told[1], split_part(part_key, '/', 1)) AS zone,
    coalesce(told[2], nullif(regexp_extract(part_key, '^[^/]*/\[?([^]/]+?)\]?:[0-9]+', 1), '')) AS host,
    coalesce(told[3], nullif(regexp_extract(part_key, '^[^/]*/[^/]*:([0-9]+)', 1), ''))::INTEGER AS port,
    told[4] AS host_name, told[5] AS base_path, told[6] AS scheme, told[7] AS product, told[8] AS version,
    told[9] AS auth, told[10] AS exposure, told[11] AS certificate, told[12] AS owner, first_seen,
    last_seen
FROM (
    SELECT *, all_said(attributes, [
        'zone', 'host', 'port', 'name', 'base_path', 'scheme', 'product', 'version', 'auth', 'exposure',
        'certificate', 'owner'
    ]) AS told
    FROM current_part WHERE kind = 'listener'
);

-- server: the workloads behind listeners.
CREATE OR REPLACE VIEW server AS
SELECT id, part_key, coalesce(nullif(told[1], ''), part_key) AS name, told[2] AS product, told[3] AS version,
    told[4] AS role, told[5] AS auth, told[6] AS exposure, told[7] AS zone, told[8] AS host,
    told[9] AS image_digest, told[10] AS owner, first_seen, last_seen
FROM (
    SELECT *, all_said(attributes, [
        'name', 'product', 'version', 'role', 'auth', 'exposure', 'zone', 'host', 'image_digest', 'owner'
    ]) AS told
    FROM current_part WHERE kind = 'server'
);

-- model: AI models, their versions and adapters.
CREATE OR REPLACE VIEW model AS
SELECT id, kind, part_key, coalesce(nullif(told[1], ''), part_key) AS name, told[2] AS supplier,
    told[3] AS family, told[4] AS parameters, told[5] AS quantization, told[6] AS format, told[7] AS base,
    told[8] AS revision, try_cast(told[9] AS BOOLEAN) AS pinned, told[10] AS license,
    told[11] AS license_family, told[12] AS purl, told[13] AS owner, first_seen, last_seen
FROM (
    SELECT *, all_said(attributes, [
        'name', 'supplier', 'family', 'parameters', 'quantization', 'format', 'base', 'revision', 'pinned',
        'license', 'license_family', 'purl', 'owner'
    ]) AS told
    FROM current_part WHERE kind IN ('model', 'model_version', 'adapter')
);

-- finding: verdicts and known vulnerabilities, once for each part they are about.
CREATE OR REPLACE VIEW finding AS
SELECT one.id, one.part_key, told[1] AS rule, told[2] AS severity, told[3] AS state, told[4] AS title,
    about.source_id AS about_id, about.source_kind AS about_kind, about.source_key AS about_key,
    items(told[5]) AS places, items(told[6]) AS evidence, told[7] AS remediation, items(told[8]) AS cve,
    items(told[9]) AS cwe, items(told[10]) AS owasp, try_cast(told[11] AS DOUBLE) AS score, told[12] AS accepted,
    one.first_seen, one.last_seen
FROM (
    SELECT *, all_said(attributes, [
        'rule', 'severity', 'state', 'title', 'where', 'seen', 'remediation', 'cve', 'cwe', 'owasp', 'score', 'accepted'
    ]) AS told
    FROM current_part WHERE kind = 'finding'
) AS one
LEFT JOIN edge AS about ON about.kind = 'has_finding' AND about.destination_id = one.id;

-- service: what listens where, with the server behind it and the models it serves.
CREATE OR REPLACE VIEW service AS
WITH serving AS (
    SELECT edge.source_id AS server_id, coalesce(said(edge.attributes, 'name'), model.name) AS model_name
    FROM edge JOIN model ON model.id = edge.destination_id
    WHERE edge.kind = 'serves' AND edge.source_kind = 'server'
), served AS (
    SELECT server_id, list(DISTINCT model_name ORDER BY model_name) AS models FROM serving GROUP BY server_id
)
SELECT listener.zone, listener.host, listener.port, listener.scheme, listener.host_name, listener.base_path,
    coalesce(server.product, listener.product) AS product, coalesce(server.version, listener.version) AS version,
    coalesce(listener.auth, server.auth) AS auth, coalesce(listener.exposure, server.exposure) AS exposure,
    coalesce(server.owner, listener.owner) AS owner, served.models, listener.part_key AS listener_key,
    server.part_key AS server_key, listener.first_seen, listener.last_seen
FROM listener
LEFT JOIN edge AS listens ON listens.kind = 'listens_on' AND listens.destination_id = listener.id
    AND listens.source_kind = 'server'
LEFT JOIN server ON server.id = listens.source_id
LEFT JOIN served ON served.server_id = server.id;

-- change_log: what every look changed, newest knowledge against the look before.
CREATE OR REPLACE VIEW change_log AS
SELECT changed_at, event, severity, status, kind, part_key, nullif(body->>'$.attribute', '') AS attribute,
    body->>'$.before' AS value_before, body->>'$.after' AS value_after, nullif(body->>'$.other_key', '') AS other_key,
    body->>'$.owner' AS owner, from_json(body->'$.where', '["VARCHAR"]') AS places, sweep_id, change_id
FROM change;

-- sweep_log: every look and what it counted.
CREATE OR REPLACE VIEW sweep_log AS
SELECT sweep_id, surface, started_at, ended_at, date_diff('millisecond', started_at, ended_at) / 1000 AS seconds,
    complete, from_json(scope, '["VARCHAR"]') AS targets, (tally->>'$.planned')::BIGINT AS planned,
    (tally->>'$.sent')::BIGINT AS sent, (tally->>'$.open')::BIGINT AS open_count,
    (tally->>'$.refused')::BIGINT AS refused, (tally->>'$.silent')::BIGINT AS silent,
    (tally->>'$.requests')::BIGINT AS requests, from_json(not_seen, '["VARCHAR"]') AS not_seen, livebom_version
FROM sweep;

-- coverage_gap: what the last look of every surface and scope did not look at, place by place and in words.
CREATE OR REPLACE VIEW coverage_gap AS
WITH newest AS (
    SELECT sweep_id, surface, ended_at, not_seen FROM sweep WHERE ended_at IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY surface, scope ORDER BY ended_at DESC, sweep_id) = 1
)
SELECT newest.sweep_id, newest.surface, newest.ended_at, coverage.zone, coverage.place, coverage.ports,
    coverage.planned - coverage.tried AS not_tried, coverage.reason
FROM newest JOIN coverage ON coverage.sweep_id = newest.sweep_id AND NOT coverage.complete
UNION ALL
SELECT sweep_id, surface, ended_at, NULL, NULL, NULL, NULL, unnest(from_json(not_seen, '["VARCHAR"]')) FROM newest;
