SELECT sink, state, count(*) FROM outbox GROUP BY sink, state ORDER BY sink, state;
