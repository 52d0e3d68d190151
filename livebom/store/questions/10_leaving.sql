-- question: 10 leaving
-- title: Data that leaves: to which providers, from whom, by which way, and what data the sender can read
-- shown: provider, sender_kind, sender, ways, can_read, classification, first_seen
-- parameter: provider (part api_provider, optional) only this provider
WITH RECURSIVE hosted AS (
    -- A model that somebody else serves is asked over the network, whoever declares it.
    SELECT edge.destination_id AS model_id, edge.source_id AS provider_id FROM edge
    WHERE edge.kind = 'serves' AND edge.source_kind = 'api_provider'
    UNION
    SELECT alias.source_id, edge.source_id FROM edge
    JOIN edge AS alias ON alias.kind = 'alias_of' AND alias.destination_id = edge.destination_id
    WHERE edge.kind = 'serves' AND edge.source_kind = 'api_provider'
), sent AS (
    SELECT source_id, destination_id AS provider_id, kind AS way, first_seen FROM edge
    WHERE kind IN ('sends_data_to', 'calls_provider', 'routes_to') AND destination_kind = 'api_provider'
    UNION
    SELECT edge.source_id, hosted.provider_id, edge.kind, edge.first_seen
    FROM edge JOIN hosted ON hosted.model_id = edge.destination_id
    WHERE edge.kind IN ('uses_model', 'routes_to')
), leaving AS (
    SELECT source_id, provider_id, list(DISTINCT way ORDER BY way) AS ways, min(first_seen) AS first_seen FROM sent
    WHERE $provider::UUID IS NULL OR provider_id = $provider::UUID
    GROUP BY source_id, provider_id
), reach AS (
    SELECT DISTINCT source_id AS root_id, source_id AS id, 0 AS depth FROM leaving
    UNION
    SELECT reach.root_id, step.destination_id, reach.depth + 1
    FROM reach JOIN retrieval_step AS step ON step.source_id = reach.id
    WHERE reach.depth < 6
), data AS (
    SELECT reach.root_id,
        list(DISTINCT part.name ORDER BY part.name) AS can_read,
        list(DISTINCT told.value ORDER BY told.value) FILTER (told.value IS NOT NULL) AS classification
    FROM reach
    JOIN part ON part.id = reach.id AND part.kind IN ('dataset', 'vector_store')
    LEFT JOIN believed AS told ON told.part_id = part.id AND told.name = 'classification'
    GROUP BY reach.root_id
), provider AS (
    SELECT part.id, part.name, part.part_key, max(value) FILTER (believed.name = 'region') AS region,
        max(value) FILTER (believed.name = 'register_status') AS register_status
    FROM part LEFT JOIN believed ON believed.part_id = part.id AND believed.name IN ('region', 'register_status')
    WHERE part.kind = 'api_provider' GROUP BY ALL
)
SELECT provider.part_key AS provider, provider.name AS provider_name, provider.region, provider.register_status,
    sender.kind AS sender_kind, sender.name AS sender, sender.part_key AS sender_key, leaving.ways, data.can_read,
    data.classification, leaving.first_seen
FROM leaving
JOIN provider ON provider.id = leaving.provider_id
JOIN part AS sender ON sender.id = leaving.source_id
LEFT JOIN data ON data.root_id = leaving.source_id
ORDER BY provider, sender.kind, sender_key;
