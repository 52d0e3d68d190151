-- For releases without an Appender: the rows travel as one JSON text, which is as quick (multi-row VALUES is not).
INSERT INTO {table} SELECT {values} FROM (SELECT unnest($rows::JSON[]) AS r);
