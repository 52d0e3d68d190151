-- Every span of every finding up to a time, in order.
SELECT id, attributes, valid_from, valid_to FROM part_interval
WHERE kind = 'finding' AND valid_from <= $moment::TIMESTAMP
ORDER BY id, valid_from;
