-- How many things were staged, by reading them and not by what the table believes of itself.
SELECT count(DISTINCT id) FROM {staged};
