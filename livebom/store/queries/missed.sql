-- Still here, and not seen by the last complete looks.
SELECT id, missed FROM part_interval WHERE valid_to IS NULL AND missed > 0
UNION ALL
SELECT id, missed FROM edge_interval WHERE valid_to IS NULL AND missed > 0;
