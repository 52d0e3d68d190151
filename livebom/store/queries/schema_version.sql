SELECT max(schema_version) FROM meta;
