-- believed: of each attribute the word that is believed.
CREATE VIEW believed AS SELECT part_id, name, position, value FROM attribute WHERE believed;

-- server_view: servers with what is mostly asked of them.
CREATE VIEW server_view AS
SELECT part.id, part.part_key, part.name, part.first_seen, part.last_seen,
    max(value) FILTER (believed.name = 'product') AS product,
    max(value) FILTER (believed.name = 'version') AS version,
    max(value) FILTER (believed.name = 'auth') AS auth,
    max(value) FILTER (believed.name = 'exposure') AS exposure,
    max(value) FILTER (believed.name = 'zone') AS zone,
    max(value) FILTER (believed.name = 'host') AS host,
    max(value) FILTER (believed.name = 'owner') AS owner
FROM part
LEFT JOIN believed ON believed.part_id = part.id
    AND believed.name IN ('product', 'version', 'auth', 'exposure', 'zone', 'host', 'owner')
WHERE part.kind = 'server'
GROUP BY ALL;

-- model_view: models, their versions and adapters.
CREATE VIEW model_view AS
SELECT part.id, part.kind, part.part_key, part.name, part.first_seen, part.last_seen,
    max(value) FILTER (believed.name = 'supplier') AS supplier,
    max(value) FILTER (believed.name = 'base') AS base,
    max(value) FILTER (believed.name = 'purl') AS purl,
    max(value) FILTER (believed.name = 'url') AS url,
    max(value) FILTER (believed.name = 'revision') AS revision,
    max(value) FILTER (believed.name = 'pinned') AS pinned,
    max(value) FILTER (believed.name = 'license') AS license,
    max(value) FILTER (believed.name = 'license_family') AS license_family
FROM part
LEFT JOIN believed ON believed.part_id = part.id AND believed.name IN
    ('supplier', 'base', 'purl', 'url', 'revision', 'pinned', 'license', 'license_family')
WHERE part.kind IN ('model', 'model_version', 'adapter')
GROUP BY ALL;

-- finding_view: findings, once for each part they are about.
CREATE VIEW finding_view AS
WITH told AS (
    SELECT part.id,
        max(value) FILTER (believed.name = 'rule') AS rule,
        max(value) FILTER (believed.name = 'title') AS title,
        max(value) FILTER (believed.name = 'severity') AS severity,
        max(value) FILTER (believed.name = 'state') AS state,
        list(value ORDER BY position) FILTER (believed.name = 'cve' AND value IS NOT NULL) AS cve
    FROM part
    LEFT JOIN believed ON believed.part_id = part.id
        AND believed.name IN ('rule', 'title', 'severity', 'state', 'cve')
    WHERE part.kind = 'finding'
    GROUP BY part.id
)
SELECT told.*, edge.source_id AS part_id
FROM told LEFT JOIN edge ON edge.kind = 'has_finding' AND edge.destination_id = told.id;

-- call_step: what is called in turn when the source is called.
CREATE VIEW call_step AS
SELECT source_id, destination_id, kind, first_seen FROM edge
WHERE kind IN ('routes_to', 'fronts', 'uses_model', 'can_call', 'uses_mcp', 'exposes', 'hands_off_to', 'calls_provider')
    OR (kind = 'serves' AND source_kind = 'server');

-- control_step: whoever has the source in his hand can make the destination act. What a model says is done by whoever
-- uses or serves it, by its moving names and its adapters; so these edges count backwards.
CREATE VIEW control_step AS
SELECT source_id, destination_id, kind FROM edge
WHERE kind IN ('can_call', 'uses_mcp', 'exposes', 'hands_off_to', 'routes_to', 'has_version')
UNION ALL
SELECT destination_id, source_id, CASE kind
    WHEN 'uses_model' THEN 'used_by'
    WHEN 'serves' THEN 'served_by'
    WHEN 'fronts' THEN 'fronted_by'
    WHEN 'alias_of' THEN 'also_called'
    WHEN 'has_version' THEN 'version_of'
    ELSE 'base_of'
END
FROM edge
WHERE kind IN ('uses_model', 'fronts', 'alias_of', 'has_version', 'adapter_of')
    OR (kind = 'serves' AND source_kind = 'server');

-- retrieval_step: the source can get at what the destination holds.
CREATE VIEW retrieval_step AS
SELECT source_id, destination_id, kind FROM edge
WHERE kind IN ('reads', 'populated_from', 'can_call', 'uses_mcp', 'exposes', 'hands_off_to', 'routes_to')
    OR (kind IN ('derived_from', 'contains') AND source_kind IN ('dataset', 'vector_store'));

-- rests_on: a change of the destination is a change of the source.
CREATE VIEW rests_on AS
SELECT source_id, destination_id, kind FROM edge
WHERE kind IN (
    'declared_in', 'built_from', 'uses_prompt', 'uses_model', 'has_version', 'has_weights', 'derived_from',
    'quantized_from', 'fine_tuned_on', 'adapter_of', 'alias_of', 'populated_from', 'embedded_by', 'uses_mcp',
    'can_call', 'hands_off_to', 'routes_to', 'serves', 'fronts', 'reads', 'runs_on', 'depends_on'
) OR kind = 'contains' OR (kind = 'exposes' AND source_kind <> 'mcp_server')
    OR (kind = 'guarded_by' AND source_kind NOT IN ('model', 'model_version', 'adapter'))
UNION ALL
SELECT destination_id, source_id, CASE kind WHEN 'deployed_as' THEN 'deployed_from' ELSE 'part_of' END FROM edge
WHERE kind = 'deployed_as'
    OR (kind = 'exposes' AND source_kind = 'mcp_server')
    OR (kind = 'contains' AND source_kind = 'repository' AND destination_kind <> 'package');
