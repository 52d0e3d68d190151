"""Models on this host: which lie in the known caches and in the folders that workloads name, and what proves them.

`places(workloads, homes)` tells where to look, `look(places, limits)` what lies there: a `Stock` of `CachedModel`s,
each with its `WeightsFile`s and what their headers say (`Header`); the shapes are in `shapes.py`. `with_hashes(stock,
how)` reads the files themselves, or remembers. `named(workload)` tells which models a workload's own command line and
environment name.
"""

from probes.local.weights.hashing import Hashing, hashed, with_hashes
from probes.local.weights.looking import look
from probes.local.weights.memory import Memory
from probes.local.weights.named import ENVIRONMENT, Named, named
from probes.local.weights.places import homes, places
from probes.local.weights.shapes import CachedModel, FormatError, Header, Limits, Place, Stock, WeightsFile

__all__ = [
    "ENVIRONMENT",
    "CachedModel",
    "FormatError",
    "Hashing",
    "Header",
    "Limits",
    "Memory",
    "Named",
    "Place",
    "Stock",
    "WeightsFile",
    "hashed",
    "homes",
    "look",
    "named",
    "places",
    "with_hashes",
]
