INSERT INTO sweep (sweep_id, surface, scope, livebom_version, started_at)
VALUES ($sweep_id, $surface, $scope, $version, $started_at);
