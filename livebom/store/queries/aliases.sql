SELECT id, same_as, kind, part_key, source, method, confidence FROM alias WHERE first_seen <= $moment::TIMESTAMP;
