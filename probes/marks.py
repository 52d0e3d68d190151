"""How far a sweep is settled: targets not only tried, but every open one among them examined and handed over."""

import threading
from itertools import count


class Marks:
    """Counts listeners out and in again; safe to share between the finder, the talker and the taker.

    A counter of the order is settled once every listener that was found before it has been taken. The finder hands over
    what it found before it moves its counter on, so the listeners numbered when a counter is read are all that count.
    """

    def __init__(self) -> None:
        self._numbers = count(1)
        self._last = 0
        self._out: set[int] = set()
        self._waiting: tuple[int, int] | None = None
        self._told: int | None = None
        self._lock = threading.Lock()

    def opened(self) -> int:
        """A number for a listener that was found; it is out until it is taken."""
        with self._lock:
            self._last = next(self._numbers)
            self._out.add(self._last)
            return self._last

    def taken(self, number: int) -> None:
        """It was handed over, or will never be."""
        with self._lock:
            self._out.discard(number)

    def settled(self, cursor: int | None) -> int | None:
        """The newest counter that is settled and was not told before; `cursor` is where the finder is now."""
        with self._lock:
            if self._waiting is None and cursor is not None and cursor != self._told:
                self._waiting = (cursor, self._last)
            if self._waiting is None or min(self._out, default=self._last + 1) <= self._waiting[1]:
                return None
            self._told, self._waiting = self._waiting[0], None
            return self._told
