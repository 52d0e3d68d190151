"""Pages of a listing: where the next one begins, and the whole of it as lines."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, TypeVar

import anyio
from msgspec import Meta, Struct

from daemon.route import Refused

Limit = Annotated[int, Meta(ge=1, le=10_000)]
LIMIT = 1000
_SLICE = 500
"""Lines that are sent before others get a turn."""

T = TypeVar("T")


class Page(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of a listing, and from where on."""

    limit: Limit = LIMIT
    cursor: Annotated[str, Meta(max_length=500)] | None = None
    """As the last page gave it in `next`."""


def paged(rows: Sequence[T], page: Page, name: Callable[[T], str]) -> tuple[tuple[T, ...], str | None]:
    """The page, and the cursor of the next one: the name of its last row, so that rows that come do not shift it.

    Raises Refused for a cursor that is no row's.
    """
    start = 0
    if page.cursor is not None:
        found = [number for number, one in enumerate(rows) if name(one) == page.cursor]
        if not found:
            raise Refused(410, "that page is gone", "the row behind the cursor is no longer there", "begin anew")
        start = found[0] + 1
    its = tuple(rows[start : start + page.limit])
    return its, name(its[-1]) if its and start + len(its) < len(rows) else None


async def lines(rows: Sequence[T]) -> AsyncIterator[T]:
    """Every row, others getting their turn between."""
    for number, one in enumerate(rows):
        if number % _SLICE == 0:
            await anyio.lowlevel.checkpoint()
        yield one
