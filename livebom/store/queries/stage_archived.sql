CREATE OR REPLACE TEMP TABLE staged_archived (digest VARCHAR);
