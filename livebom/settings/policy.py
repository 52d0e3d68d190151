"""`config/policy.yaml`: how bad what is, what is allowed, and which findings somebody has accepted until when."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

Severity = Literal["critical", "high", "medium", "low", "info"]
"""The same words as `livebom.bom.service.Severity`, which this floor does not import."""

Id = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9_.-]*\Z")]
Pattern = Annotated[str, Meta(min_length=1, max_length=300)]
"""A name with the wildcards `*`, `?` and `[…]`."""
Words = Annotated[str, Meta(pattern=r"\S")]


class Allowed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be run; a list that is left out allows everything, an empty one nothing."""

    products: tuple[Pattern, ...] | None = None
    models: tuple[Pattern, ...] | None = None


class Accept(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding that somebody answers for until a day."""

    finding: Pattern
    """The check's id."""
    where: Pattern
    """The listener's key, `zone/host:port`."""
    reason: Words
    expires: date
    """The last day on which it counts, in UTC."""
    by: str = ""

    def holds(self, today: date) -> bool:
        """Whether it still counts."""
        return today <= self.expires


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of one organisation."""

    severities: dict[Id, Severity] = {}
    """A check's id to the severity it has here, instead of the one it comes with."""
    allow: Allowed = Allowed()
    accept: tuple[Accept, ...] = ()
