"""The bill of materials itself: parts, observations, identity, graph, merge and diff; pure, no I/O and no clock."""
