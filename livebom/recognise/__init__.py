"""Recognition: from bytes to product, version, models and verdicts; pure, fed by recordings as well as by the wire."""
