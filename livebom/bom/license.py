"""Licences of models and packages: what a tag means as an SPDX id, and how far its terms let one go."""

from enum import StrEnum

from msgspec import Struct


class Family(StrEnum):
    """How far a licence's terms let one go."""

    PERMISSIVE = "permissive"
    COPYLEFT = "copyleft"
    NON_COMMERCIAL = "non-commercial"
    USE_RESTRICTED = "use-restricted"
    """Open weights with a list of forbidden uses, or a threshold of users: Llama, Gemma, OpenRAIL."""
    PROPRIETARY = "proprietary"
    UNKNOWN = "unknown"

    @property
    def restricted(self) -> bool:
        """Whether somebody has to read the terms before the thing is used."""
        return self in {Family.NON_COMMERCIAL, Family.USE_RESTRICTED, Family.PROPRIETARY}


class License(Struct, frozen=True):
    """One licence as documents name it."""

    id: str
    """An SPDX id, an SPDX expression, or `LicenseRef-…`; empty where the tag says nothing."""
    family: Family
    listed: bool
    """Whether `id` is on SPDX's list (or an expression of ids that are)."""


def license_of(said: str) -> License:
    """What a tag, an id, a name or the head of a licence's text means; never fails, the unknown is said to be."""
    raise NotImplementedError(said)
