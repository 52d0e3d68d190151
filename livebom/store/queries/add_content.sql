INSERT INTO content SELECT * FROM staged_content ANTI JOIN content USING (digest);
DROP TABLE staged_content;
