-- Which places each look really looked at.
SELECT sweep_id, zone, place, ports, complete FROM coverage ORDER BY sweep_id, zone, place, ports;
