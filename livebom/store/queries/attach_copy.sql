ATTACH {path} AS copy (READ_ONLY);
