"""Names of addresses by the system's resolver (DNS PTR, /etc/hosts), asked beside the sweep, not waited for long."""

import re
import socket
import threading
import time
from collections import deque
from concurrent.futures import Future

PATIENCE = 1.0
"""Seconds that the question for one address's name may hold its asker up."""
IN_ALL = 30.0
"""Seconds that all questions of a sweep together may; after that only names that are there already are told."""
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
        self._waiting: deque[str] = deque()
        self._workers = 0
        self._left = IN_ALL
        self._lock = threading.Lock()

    def ask(self, address: str) -> None:
        """Begin to find out, without waiting; nothing is begun beyond what is kept."""
        with self._lock:
            if address in self._asked or len(self._asked) >= KEPT:
                return
            self._asked[address] = Future()
            self._waiting.append(address)
            if self._workers == AT_ONCE:
                return
            self._workers += 1
        # A resolver can hang for half a minute: nobody may have to wait for such a thread at the end.
        threading.Thread(target=self._work, daemon=True).start()

    def name(self, address: str, patience: float = PATIENCE) -> str | None:
        """Its name in lower case; None where it has none, or was not told in time."""
        self.ask(address)
        found = self._asked.get(address)
        if found is None:
            return None
        began = time.monotonic()
        try:
            return found.result(max(0.0, min(patience, self._left)))
        except TimeoutError:
            return None
        finally:
            self._left -= time.monotonic() - began

    def _work(self) -> None:
        """Ask for one address after the other until none waits."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._workers -= 1
                    return
                address = self._waiting.popleft()
            self._asked[address].set_result(_looked_up(address))


def _looked_up(address: str) -> str | None:
    try:
        name, _ = socket.getnameinfo((address, 0), socket.NI_NAMEREQD)
    except (OSError, UnicodeError):
        return None
    name = name.rstrip(".").lower()
    return name if _HOST_NAME.fullmatch(name) else None
