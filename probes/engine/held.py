"""Targets that wait because their host or their network has had its share for now."""

import heapq
import itertools
from collections import deque
from typing import Generic, TypeVar

from livebom.net.caps import Caps, net_of

T = TypeVar("T")
Key = str | bytes
"""An address, or its network as `net_of` tells it."""


class Held(Generic[T]):
    """Things to send, each to an address, in the order in which the caps allow it; for one thread.

    One queue per address or network that is used up, so that a thing is looked at again when its turn may have come
    and not before.
    """

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._queues: dict[Key, deque[tuple[str, T]]] = {}
        self._turns: list[tuple[float, int, Key]] = []
        self._count = itertools.count()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> "itertools.chain[tuple[str, T]]":
        return itertools.chain.from_iterable(self._queues.values())

    def admits(self, address: str, thing: T) -> bool:
        """Whether it may be sent now, and then it counts as sent; else it is kept."""
        if self._queues:
            for key in (address, net_of(address)):
                if key in self._queues:
                    self._queues[key].append((address, thing))
                    self._size += 1
                    return False
        used_up = self._caps.ask(address)
        if used_up is None:
            return True
        self._keep(*used_up, address, thing)
        self._size += 1
        return False

    def ready(self, now: float, most: int) -> list[T]:
        """Up to so many that may be sent now; they count as sent. `now` is of the clock of the caps."""
        found: list[T] = []
        while self._turns and self._turns[0][0] <= now and len(found) < most:
            _, _, key = heapq.heappop(self._turns)
            queue = self._queues[key]
            address, thing = queue[0]
            used_up = self._caps.ask(address)
            if used_up is None:
                found.append(thing)
                self._size -= 1
                queue.popleft()
                again = now
            else:
                who, again = used_up
                if who != key:  # its host was waited for and now its network is, or the other way round
                    queue.popleft()
                    self._keep(who, again, address, thing)
                    again = again if key == address else now
            if queue:
                heapq.heappush(self._turns, (again, next(self._count), key))
            else:
                del self._queues[key]
        return found

    def due(self) -> float | None:
        """When `ready` may next have something; None where nothing is kept."""
        return self._turns[0][0] if self._turns else None

    def _keep(self, who: Key, until: float, address: str, thing: T) -> None:
        queue = self._queues.get(who)
        if queue is None:
            queue = self._queues[who] = deque()
            heapq.heappush(self._turns, (until, next(self._count), who))
        queue.append((address, thing))
