"""How fast frames may leave: the pace that was ordered, less where this host or its network cannot keep up."""

import time
from collections.abc import Callable

SLACK = 0.002
"""Seconds of tokens the bucket holds: the longest burst."""
CATCH_UP = 0.2
"""By how much the pace may be exceeded while time that a busy core cost is made up."""
_OWED = 0.25  # seconds of tokens that are made up at most
_STEP = 0.02  # of the ceiling, every ...
_EVERY = 0.1
_UNBOUND = 4_000_000.0  # frames/s above which a slowed-down unlimited sender is unlimited again
_LEAST = 50.0


class Throttle:
    """A token bucket whose rate is halved by `setback` and grows back steadily (additive increase).

    What overflows while the sender could not run is not sent as a burst: it is owed, and paid at a fifth of the rate.
    """

    def __init__(self, rate: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the rate in frames per second, 0 for unlimited; ValueError for a negative one."""
        if not rate >= 0:
            raise ValueError(f"a rate of {rate} frames per second makes no sense")
        self._ceiling = self._rate = rate
        self._clock = clock
        self._filled = self._raised = clock()
        self._tokens, self._owed = 1.0, 0.0
        self._closed_until = 0.0

    @property
    def rate(self) -> float:
        """Frames per second now; 0 for unlimited."""
        return self._rate

    def take(self, wanted: int) -> int:
        """How many may be sent now, 0..wanted."""
        now = self._clock()
        if now < self._closed_until:
            return 0
        if self._rate != self._ceiling:
            self._recover(now)
        if not self._rate:
            return wanted
        self._fill(now)
        granted = min(wanted, int(self._tokens + 1e-6))
        self._tokens -= granted
        return granted

    def give_back(self, unused: int) -> None:
        """Some that were taken were not sent."""
        self._tokens += unused

    def wait(self) -> float:
        """Seconds until it is worth asking again: a millisecond's tokens, at least one."""
        now = self._clock()
        if now < self._closed_until:
            return self._closed_until - now
        if not self._rate:
            return 0.0
        wanted = max(1.0, self._rate * SLACK / 2)
        return max(0.0, (wanted - self._tokens) / self._rate - (now - self._filled))

    def rest(self) -> None:
        """Nothing was to be sent for a while: what flowed in meanwhile is forfeit."""
        self._filled = self._clock()
        self._tokens, self._owed = min(self._tokens, 1.0), 0.0

    def setback(self, measured: float) -> None:
        """Something overflowed: half of the rate, or of what was measured where that is less, after a short rest."""
        now = self._clock()
        if now < self._closed_until:
            return
        known = [rate for rate in (self._rate, measured) if rate]
        self._rate = max(_LEAST, min(known, default=_UNBOUND) / 2)
        if self._ceiling:
            self._rate = min(self._rate, self._ceiling)
        self._raised = now
        self._closed_until = now + 0.005
        self._tokens, self._owed, self._filled = 1.0, 0.0, self._closed_until

    def _recover(self, now: float) -> None:
        steps = int((now - self._raised) / _EVERY)
        if steps:
            self._raised += steps * _EVERY
            self._rate += steps * _STEP * (self._ceiling or _UNBOUND)
            if self._rate >= (self._ceiling or _UNBOUND):
                self._rate = self._ceiling

    def _fill(self, now: float) -> None:
        inflow = max(0.0, now - self._filled) * self._rate
        paid = min(self._owed, inflow * CATCH_UP)
        self._tokens += inflow + paid
        self._filled = max(now, self._filled)
        over = max(0.0, self._tokens - (1.0 + self._rate * SLACK))
        self._tokens -= over
        self._owed = min(self._owed - paid + over, self._rate * _OWED)
