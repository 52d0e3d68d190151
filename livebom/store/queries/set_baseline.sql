INSERT INTO baseline VALUES ($name, $as_of, $set_at, $reason);
