"""What earlier looks are known to have said of a thing: how often it was seen, and how often it came and went."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct


class History(Struct, frozen=True, kw_only=True):
    """Counts by the id of a part or edge; of what is not in a mapping nothing is known, so nothing is held back."""

    sightings: Mapping[UUID, int] = {}
    """Consecutive looks, up to the newer state, that saw it."""
    flaps: Mapping[UUID, int] = {}
    """Comings and goings within the period that the store looks back over."""


NO_HISTORY = History()
"""Two files and nothing else."""
