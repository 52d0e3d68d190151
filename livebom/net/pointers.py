"""Names of addresses by the system's resolver (DNS PTR, /etc/hosts), asked beside the sweep, not waited for long."""

import re
import socket
import threading
from concurrent.futures import Future

PATIENCE = 1.0
"""Seconds that the first question for an address's name may hold its asker up."""
AT_ONCE = 8
"""Questions to the resolver at a time."""
KEPT = 65_536
"""Addresses whose names are remembered."""

_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
"""What a resolver may answer (RFC 1123, 2.1; underscores occur). Whoever owns an address range chooses its names."""


class Pointers:
    """The names of one sweep's addresses; each address is asked for once. Safe to share between threads."""

    def __init__(self) -> None:
        self._asked: dict[str, Future[str | None]] = {}
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(AT_ONCE)

    def ask(self, address: str) -> None:
        """Begin to find out, without waiting; nothing is begun beyond what is kept."""
        with self._lock:
            if address in self._asked or len(self._asked) >= KEPT:
                return
            self._asked[address] = Future()
        # A resolver can hang for half a minute: nobody may have to wait for such a thread at the end.
        threading.Thread(target=self._find, args=(address,), daemon=True).start()

    def name(self, address: str, patience: float = PATIENCE) -> str | None:
        """Its name in lower case; None where it has none, or was not told in time."""
        self.ask(address)
        found = self._asked.get(address)
        try:
            return found.result(patience) if found else None
        except TimeoutError:
            return None

    def _find(self, address: str) -> None:
        with self._room:
            self._asked[address].set_result(_looked_up(address))


def _looked_up(address: str) -> str | None:
    try:
        name, _ = socket.getnameinfo((address, 0), socket.NI_NAMEREQD)
    except (OSError, UnicodeError):
        return None
    name = name.rstrip(".").lower()
    return name if _HOST_NAME.fullmatch(name) else None
