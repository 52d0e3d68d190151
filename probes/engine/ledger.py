"""What was counted before a counter of the order, so that a sweep that goes on there counts nothing twice."""

from collections import Counter, deque
from typing import Literal

from msgspec.structs import replace

from probes.engine.tally import Tally

Outcome = Literal["open", "silent", "unreachable", "lost"]


class Ledger:
    """Keeps the outcomes of every batch of the order until the batch is settled; refused is all the rest of it."""

    def __init__(self, counted: Tally) -> None:
        """`counted` is what was counted before the first batch."""
        self._sums = Counter(
            {name: getattr(counted, name) for name in ("refused", "open", "silent", "unreachable", "lost")}
        )
        self._batches: deque[tuple[int | None, int, int]] = deque()
        self._outcomes: dict[int | None, Counter[str]] = {}

    def batch(self, begin: int | None, after: int, size: int) -> None:
        """The next batch: from which counter to before which one, and how many targets it has."""
        self._batches.append((begin, after, size))

    def add(self, begin: int | None, outcome: Outcome, number: int = 1) -> None:
        """So many targets of the batch that begins there ended so."""
        self._outcomes.setdefault(begin, Counter())[outcome] += number

    def before(self, cursor: int, now: Tally) -> Tally:
        """What was counted before that counter, which never goes back; what was sent is as it is `now`."""
        while self._batches and self._batches[0][1] <= cursor:
            begin, _, size = self._batches.popleft()
            others = self._outcomes.pop(begin, Counter())
            self._sums.update(others)
            self._sums["refused"] += size - others.total()
        return replace(now, settled=None, **self._sums)
