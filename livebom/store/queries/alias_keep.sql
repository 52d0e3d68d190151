UPDATE alias SET last_seen = greatest(alias.last_seen, s.last_seen)
FROM staged_alias AS s
WHERE alias.id = s.id AND alias.same_as = s.same_as AND alias.source = s.source;
