DROP TABLE staged_part;
DROP TABLE staged_edge;
DROP TABLE staged_alias;
DROP TABLE IF EXISTS staged_missed;
