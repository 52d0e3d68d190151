-- question: 5 models
-- title: All models with provenance, hashes, signature, license, where they run, and whether they are pinned
-- shown: kind, name, supplier, license, license_family, signature, pinned, runs_on
-- parameter: unpinned (flag, optional) only those that are not known to be pinned
WITH version AS (
    SELECT edge.source_id AS model_id, version.id, version.revision, version.pinned
    FROM edge JOIN model_view AS version ON version.id = edge.destination_id
    WHERE edge.kind = 'has_version'
), whole AS (
    -- What belongs to a model: itself and its versions.
    SELECT id AS model_id, id, revision, pinned FROM model_view WHERE kind <> 'model_version'
    UNION ALL
    SELECT model_id, id, revision, pinned FROM version
), weights AS (
    SELECT whole.model_id,
        list(DISTINCT told.value ORDER BY told.value) FILTER (told.name = 'sha256') AS sha256,
        list(DISTINCT told.value ORDER BY told.value) FILTER (told.name = 'signature') AS signature
    FROM whole
    JOIN edge ON edge.kind = 'has_weights' AND edge.source_id = whole.id
    JOIN believed AS told ON told.part_id = edge.destination_id AND told.name IN ('sha256', 'signature')
    GROUP BY whole.model_id
), place AS (
    SELECT whole.model_id, list(DISTINCT part.part_key ORDER BY part.part_key) AS runs_on
    FROM whole
    JOIN edge ON edge.kind = 'serves' AND edge.destination_id = whole.id
    JOIN part ON part.id = edge.source_id
    GROUP BY whole.model_id
), pin AS (
    SELECT model_id, list(DISTINCT revision ORDER BY revision) FILTER (revision IS NOT NULL) AS revisions,
        CASE WHEN bool_or(pinned = 'true') THEN 'yes' WHEN bool_or(pinned = 'false') THEN 'no' ELSE 'unknown' END AS pinned
    FROM whole GROUP BY model_id
), origin AS (
    SELECT edge.source_id AS model_id, list(DISTINCT part.part_key ORDER BY part.part_key) AS made_from
    FROM edge JOIN part ON part.id = edge.destination_id
    WHERE edge.kind IN ('derived_from', 'quantized_from', 'adapter_of', 'fine_tuned_on')
    GROUP BY edge.source_id
)
SELECT model.kind, model.name, model.part_key, model.supplier, coalesce(model.purl, model.url) AS provenance,
    coalesce(origin.made_from, CASE WHEN model.base IS NOT NULL THEN [model.base] END) AS made_from, weights.sha256,
    weights.signature, model.license, model.license_family, place.runs_on, pin.revisions, pin.pinned
FROM model_view AS model
JOIN pin ON pin.model_id = model.id
LEFT JOIN weights ON weights.model_id = model.id
LEFT JOIN place ON place.model_id = model.id
LEFT JOIN origin ON origin.model_id = model.id
WHERE model.kind <> 'model_version' AND (pin.pinned <> 'yes' OR NOT coalesce($unpinned::BOOLEAN, false))
ORDER BY model.kind, model.part_key;
