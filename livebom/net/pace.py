"""How fast a sweep may ask: one bucket of tokens, shared by every thread that sends."""

import time
from collections.abc import Callable
from threading import Lock

SLACK = 0.002
"""Seconds a sender may come late (a poll's rounding, a busy core) without losing its turn."""
_ROUNDING = 1e-6  # tokens: so that whoever sleeps for exactly `wait()` finds a whole one


class Pace:
    """At most `rate` probes per second, evenly spread; None or 0 means unlimited.

    Tokens flow in continuously. The bucket holds one, plus what flows in during `SLACK`: no burst after a silence,
    and no loss of rate by a sender that wakes a little late. Safe to share between threads.
    Raises ValueError for a negative rate.
    """

    def __init__(self, rate: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with one token; `clock` tells seconds and never goes back."""
        if rate is not None and not rate >= 0:
            raise ValueError(f"a rate of {rate} probes per second makes no sense")
        self.rate: float = rate or 0.0
        """Probes per second; 0 for unlimited."""
        self._capacity = 1.0 + self.rate * SLACK
        self._tokens = 1.0
        self._clock = clock
        self._filled = clock()
        self._lock = Lock()

    def take(self, wanted: int) -> int:
        """How many of the wanted probes may be sent now: 0..wanted. They count as sent."""
        if not self.rate:
            return max(wanted, 0)
        with self._lock:
            self._fill()
            granted = max(0, min(wanted, int(self._tokens + _ROUNDING)))
            self._tokens -= granted
            return granted

    def wait(self) -> float:
        """Seconds until `take(1)` can be granted; 0 where it can be now."""
        if not self.rate:
            return 0.0
        with self._lock:
            self._fill()
            return max(0.0, (1.0 - self._tokens) / self.rate)

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._filled) * self.rate)
        self._filled = now
