INSERT INTO alias SELECT * FROM staged_alias ANTI JOIN alias USING (id, same_as, source);
