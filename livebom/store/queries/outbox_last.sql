SELECT max(created_at) FROM outbox;
