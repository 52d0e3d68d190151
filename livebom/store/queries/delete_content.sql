DELETE FROM content WHERE digest IN (SELECT digest FROM staged_archived);
