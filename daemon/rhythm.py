"""When to look at this host: soon after something was heard, and every so often, and never more than the host bears."""

import random
from collections.abc import Callable

import anyio

GAP = 1.0
"""Seconds between two looks at least, and as long as the last one took."""
BURST, REFILL = 6, 20.0
"""That many looks may come close after one another; then one every so many seconds."""
AGAIN = 20.0
"""Seconds after something was heard, it is looked again: what starts needs time until it listens."""


class Rhythm:
    """Belongs to one event loop; times are those of `anyio.current_time`."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._woken = anyio.Event()
        self._again = False
        self._left = float(BURST)
        self._counted = self._free = self.next = 0.0
        """`next` is when it is due, whatever is heard."""

    def wake(self, *, again: bool = False) -> None:
        """Something changed; `again` where it may go on changing for a while without a word."""
        self._again = self._again or again
        self._woken.set()

    async def due(self, every: float, jitter: float) -> None:
        """Returns when a look is due."""
        while not self._woken.is_set() and (left := self.next - anyio.current_time()) > 0:
            with anyio.move_on_after(left):
                await self._woken.wait()
        await anyio.sleep(self._wait())
        self._left -= 1
        self._woken, again, self._again = anyio.Event(), self._again, False
        self.next = anyio.current_time() + (min(AGAIN, every) if again else every + jitter * self._chance())

    def done(self, took: float) -> None:
        """A look has ended that took so many seconds."""
        self._free = anyio.current_time() + max(GAP, took)

    def _wait(self) -> float:
        """Seconds until a look may begin."""
        now = anyio.current_time()
        self._left = min(BURST, self._left + (now - self._counted) / REFILL)
        self._counted = now
        short = max(0.0, 1 - self._left) * REFILL
        if short:
            self._left, self._counted = 1.0, now + short
        return max(0.0, self._free - now, short)
