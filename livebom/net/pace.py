"""How fast a sweep may ask: one bucket of tokens, shared by every thread that sends."""

import time
from collections.abc import Callable
from threading import Lock

from livebom.net.caps import Caps

SLACK = 0.002
"""Seconds a sender may come late (a poll's rounding, a busy core) without losing its turn."""
LATE = 0.05
"""Seconds of the rate that a sender who came later than that may catch up with."""
CATCH_UP = 1.25
"""How much faster than the rate it may do so."""
_ROUNDING = 1e-6  # tokens: so that whoever sleeps for exactly `wait()` finds a whole one


class Pace:
    """At most `rate` probes per second, evenly spread; None or 0 means unlimited. `caps` are what one host may get.

    Tokens flow in continuously. A stretch of T seconds sees at most 1 + rate * (T + LATE) of them, and at most
    1 + CATCH_UP * rate * (T + SLACK): no burst after a silence, and no loss of rate by a sender that wakes late.
    Safe to share between threads. Raises ValueError for a negative rate.
    """

    def __init__(
        self, rate: float | None, *, caps: Caps | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start with one token; `clock` tells seconds and never goes back."""
        if rate is not None and not rate >= 0:
            raise ValueError(f"a rate of {rate} probes per second makes no sense")
        self.rate: float = rate or 0.0
        """Probes per second; 0 for unlimited."""
        self.caps = caps
        self._tokens = self._spurt = 1.0
        self._clock = clock
        self._filled = clock()
        self._lock = Lock()

    def take(self, wanted: int) -> int:
        """How many of the wanted probes may be sent now: 0..wanted. They count as sent."""
        if not self.rate:
            return max(wanted, 0)
        with self._lock:
            self._fill()
            granted = max(0, min(wanted, int(min(self._tokens, self._spurt) + _ROUNDING)))
            self._tokens -= granted
            self._spurt -= granted
            return granted

    def give(self, unused: int) -> None:
        """Take back what was granted and not sent."""
        if self.rate and unused > 0:
            with self._lock:
                self._tokens += unused
                self._spurt += unused
                self._fill()

    def wait(self) -> float:
        """Seconds until `take(1)` can be granted; 0 where it can be now."""
        if not self.rate:
            return 0.0
        with self._lock:
            self._fill()
            return max(0.0, (1.0 - self._tokens) / self.rate, (1.0 - self._spurt) / (CATCH_UP * self.rate))

    def _fill(self) -> None:
        now = self._clock()
        flown = (now - self._filled) * self.rate
        self._tokens = min(1.0 + self.rate * LATE, self._tokens + flown)
        self._spurt = min(1.0 + self.rate * SLACK, self._spurt + CATCH_UP * flown)
        self._filled = now


class BesidePace:
    """The pace of a sweep while one runs, else an own one: who sends beside a sweep takes from its tokens."""

    def __init__(self, rate: float | None, sweeping: Callable[[], Pace | None]) -> None:
        """`sweeping` tells the pace of the sweep that runs now. Raises ValueError for a negative rate."""
        self._own, self._sweeping = Pace(rate), sweeping

    def take(self, wanted: int) -> int:
        """As `Pace.take`."""
        return self._now.take(wanted)

    def wait(self) -> float:
        """As `Pace.wait`."""
        return self._now.wait()

    @property
    def _now(self) -> Pace:
        return self._sweeping() or self._own
