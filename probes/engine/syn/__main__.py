"""`python -m probes.engine.syn --dry`, run from the house: see `dry`."""

from probes.engine.syn.dry import main

main()
