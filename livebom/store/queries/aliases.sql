SELECT id, same_as, kind, part_key, source FROM alias WHERE first_seen <= $moment::TIMESTAMP;
