SELECT id, same_as, kind, part_key, source, method, confidence FROM staged_alias ANTI JOIN alias USING (id, same_as, source);
