INSERT INTO meta VALUES ($version, $created_at);
