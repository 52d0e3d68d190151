"""The network's edge: scope, pace, asks and replies; with `probes.engine` the one place a packet may leave from."""
