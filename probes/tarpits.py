"""Hosts on which nearly every port is open and says nothing: which of their ports are still worth a conversation."""

from collections import Counter
from collections.abc import Callable, Collection

FRUITLESS = 16
"""Conversations that told nothing, and more of them than told something, before a host is suspected."""
SHARE = 0.25
"""Of the ports tried at a suspect, the part that must be open; low, because a retry counts as a port tried."""


class Tarpits:
    """Counts what each host's ports came to. `opened` is for one thread, everything else for another one.

    A server that listens on many ports is none: what names a product, or refuses a path that nobody has, told
    something. Ports in `homes`, where AI servers are usually found, are asked whatever the host is, so that two sweeps
    ask a tarpit at the same ones.
    """

    def __init__(self, homes: Collection[int], tried: Callable[[str], float]) -> None:
        """`tried` says how many ports of an address were tried so far, or a little more."""
        self._homes = frozenset(homes)
        self._tried = tried
        self._open: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._fruitless: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()

    def opened(self, address: str) -> None:
        """One more of its ports is open."""
        self._open[address] += 1

    def ended(self, address: str, *, told: bool) -> None:
        """A conversation with it is over, and told something or nothing."""
        (self._told if told else self._fruitless)[address] += 1

    def skips(self, address: str, port: int) -> bool:
        """Whether that open port is not worth a conversation; it is counted as skipped then."""
        skipped = port not in self._homes and self._is_one(address)
        self._skipped[address] += skipped
        return skipped

    def found(self) -> dict[str, int]:
        """How many ports were skipped at each tarpit, by its address."""
        return {address: self._skipped[address] for address in sorted(self._fruitless) if self._is_one(address)}

    def _is_one(self, address: str) -> bool:
        fruitless = self._fruitless[address]
        if fruitless < FRUITLESS or fruitless <= self._told[address]:
            return False
        return self._skipped[address] > 0 or self._open[address] >= SHARE * self._tried(address)
