"""Answers from the store: the state that a name, a sweep or a time means, what changed, and what nobody looked at."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from statistics import median

from livebom.bom.change import Comparison
from livebom.bom.document import Document
from livebom.bom.events import History, compare
from livebom.bom.policy import Policy
from livebom.store import Baseline, PastSweep, Store

NOW = "now"
LAST_GOOD = "last-good"
"""The baseline that is meant where none is named."""
SWEEP = re.compile(r"[0-9a-f]{4,32}")
"""A sweep's id, or enough of its beginning."""


class UnknownState(Exception):  # noqa: N818 - it is a question's, not a program's
    """No state is called that; the text names what would have been understood."""


def moment(store: Store, reference: str) -> datetime | None:
    """The moment that `now`, a baseline's name or a sweep's id stands for; None is now.

    Raises UnknownState where nothing is called that, or several sweeps are.
    """
    if reference == NOW:
        return None
    if baseline := baseline_of(store, reference):
        return baseline.as_of
    if SWEEP.fullmatch(reference):
        sweeps = [past for past in store.sweeps() if past.sweep.id.startswith(reference)]
        if len(sweeps) == 1:
            return _ended(sweeps[0])
        if sweeps:
            raise UnknownState(f"{len(sweeps)} sweeps begin with {reference}: write more of the id")
    if reference == LAST_GOOD:
        raise UnknownState("no state was called good yet: `livebom baseline set` does that")
    raise UnknownState(f"nothing is called {reference!r}: write `now`, a baseline, a sweep's id, a time or a file")


def baseline_of(store: Store, name: str) -> Baseline | None:
    """The baseline of that name that was set last."""
    return next((one for one in reversed(store.baselines()) if one.name == name), None)


def newest(store: Store) -> datetime | None:
    """When the last look ended; None before the first."""
    return max((past.ended_at for past in store.sweeps() if past.ended_at), default=None)


def changes(
    old: Document,
    new: Document,
    policy: Policy,
    today: date,
    *,
    names: tuple[str, str],
    store: Store | None = None,
    assume_complete: bool = False,
) -> Comparison:
    """What changed from the one state to the other; of a store's states, also what keeps coming and going."""
    history = History()
    if store and old.settled and new.settled:
        is_now = new.at == newest(store)  # of earlier states it is not known what was held back
        history = History(flaps=store.history(old.at), sightings=store.sightings() if is_now else {})
    return compare(old, new, policy, today, names=names, history=history, assume_complete=assume_complete)


def unlooked(store: Store, since: datetime, until: datetime) -> tuple[str, ...]:
    """In words, what nobody looked at in that period: looks that were not complete, long gaps, and what looks told."""
    looks = [past for past in store.sweeps() if past.sweep.surface == "runtime"]
    within = [past for past in looks if since < (past.ended_at or past.sweep.started_at) <= until]
    words = [*_broken(within), *_gaps(looks, within, since, until)]
    return tuple(dict.fromkeys([*words, *(one for past in within for one in past.not_seen)]))


def _broken(looks: Sequence[PastSweep]) -> Iterator[str]:
    for past in looks:
        if past.ended_at is None:
            yield f"the look that began {_moment(past.sweep.started_at)} has not ended"
        elif not past.complete:
            yield f"the look that ended {_moment(past.ended_at)} was not complete"


def _gaps(looks: Sequence[PastSweep], within: Sequence[PastSweep], since: datetime, until: datetime) -> Iterator[str]:
    """Times without a look that are longer than twice what is usual, and an hour."""
    ends = sorted(past.ended_at for past in looks if past.ended_at)
    inside = sorted(past.ended_at for past in within if past.ended_at)
    if not inside:
        last = max((at for at in ends if at <= since), default=None)
        yield "no look ended in this time; " + (f"the last one before it {_moment(last)}" if last else "none before it")
        return
    usual = median([(later - earlier).total_seconds() for earlier, later in pairwise(ends)] or [0.0])
    begin = since if ends[0] < inside[0] else inside[0]  # before the first look of all there is nothing to miss
    for earlier, later in pairwise([begin, *inside, until]):
        if (later - earlier).total_seconds() > max(2 * usual, 3600.0):
            yield f"nobody looked from {_moment(earlier)} to {_moment(later)}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _ended(past: PastSweep) -> datetime:
    """When the look's state was reached. Raises UnknownState for one that never ended."""
    if past.ended_at is None:
        raise UnknownState(f"the sweep {past.sweep.id} never ended: it has no state")
    return past.ended_at
