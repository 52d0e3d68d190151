SELECT max(ended_at) FROM sweep;
