-- The rows of an answer, every value as text.
CREATE TABLE answer ({columns});
