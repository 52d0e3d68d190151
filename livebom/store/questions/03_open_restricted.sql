-- question: 3 open-restricted
-- title: Servers without authentication that serve models of a restricted license, and those whose license is unknown
-- shown: standing, server, auth, exposure, owner, model, license, license_family
WITH RECURSIVE served AS (
    SELECT server.id AS server_id, server.part_key AS server_key, server.product, server.auth, server.exposure,
        server.owner, edge.destination_id AS model_id
    FROM server_view AS server JOIN edge ON edge.kind = 'serves' AND edge.source_id = server.id
    WHERE server.auth IN ('none', 'partial')
), descent AS (
    SELECT source_id AS id, destination_id AS base_id FROM edge
    WHERE kind IN ('derived_from', 'quantized_from', 'adapter_of', 'alias_of')
    UNION ALL
    SELECT destination_id, source_id FROM edge WHERE kind = 'has_version'
), lineage AS (
    -- A model's terms are its own and those of everything it was made from.
    SELECT model_id, model_id AS told_id FROM served
    UNION
    SELECT lineage.model_id, descent.base_id FROM lineage JOIN descent ON descent.id = lineage.told_id
), terms AS (
    SELECT lineage.model_id, told.part_key AS told_by, told.license, told.license_family,
        told.license_family IN ('non-commercial', 'use-restricted', 'proprietary') AS is_restricted
    FROM lineage JOIN model_view AS told ON told.id = lineage.told_id
    WHERE coalesce(told.license_family, 'unknown') <> 'unknown'
), standing AS (
    SELECT DISTINCT served.*, coalesce(terms.license_family, 'unknown') AS license_family,
        coalesce(terms.license, own.license) AS license, terms.told_by
    FROM served
    LEFT JOIN terms ON terms.model_id = served.model_id
    LEFT JOIN model_view AS own ON own.id = served.model_id
    WHERE coalesce(terms.is_restricted, true)
)
SELECT CASE license_family WHEN 'unknown' THEN 'unknown' ELSE 'restricted' END AS standing, standing.server_key AS server,
    standing.product, standing.auth, standing.exposure, standing.owner, model.name AS model, model.part_key AS model_key,
    standing.license, standing.license_family, standing.told_by
FROM standing JOIN part AS model ON model.id = standing.model_id
ORDER BY standing, server, model_key, told_by;
