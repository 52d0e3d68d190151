"""The hot path, hand-written: the plan of a sweep, its order, the connect loop and the HTTP loop."""
