"""Answers from the store: the state that a name, a sweep or a time means, and what changed between two states."""

import re
from datetime import date, datetime

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
    history = History(flaps=store.history(old.at)) if store and old.settled and new.settled else History()
    return compare(old, new, policy, today, names=names, history=history, assume_complete=assume_complete)


def _ended(past: PastSweep) -> datetime:
    """When the look's state was reached. Raises UnknownState for one that never ended."""
    if past.ended_at is None:
        raise UnknownState(f"the sweep {past.sweep.id} never ended: it has no state")
    return past.ended_at
