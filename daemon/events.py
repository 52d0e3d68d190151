"""What happens, told to everybody who listens; who reads too slowly loses lines, and is told how many."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import datetime

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from daemon.wire import Event

BUFFERED = 1000
"""Events that wait for one listener."""
MOST = 64
"""Listeners at once."""
BEAT = 15.0
"""Seconds of silence after which a line is sent all the same, so that a listener who is gone is noticed."""


class TooMany(Exception):  # noqa: N818 - it is a state
    """Too many listen already."""


class _Ear:
    def __init__(self, stream: MemoryObjectSendStream[Event], sweep: str) -> None:
        self.stream, self.sweep, self.lost = stream, sweep, 0


class Broadcast:
    """Tells events within one event loop."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ears: list[_Ear] = []

    @property
    def listening(self) -> int:
        """How many listen."""
        return len(self._ears)

    def tell(self, event: Event) -> None:
        """Tell it to everybody whose sweep it is about; never waits."""
        for ear in list(self._ears):
            if not ear.sweep or ear.sweep == event.sweep:
                self._pass(ear, event)

    def _pass(self, ear: _Ear, event: Event) -> None:
        try:
            if ear.lost:
                ear.stream.send_nowait(Event(event="lost", at=self._now(), count=ear.lost))
                ear.lost = 0
            ear.stream.send_nowait(event)
        except anyio.WouldBlock:
            ear.lost += 1
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._ears = [one for one in self._ears if one is not ear]

    @contextmanager
    def listen(self, sweep: str = "") -> Generator[Callable[[], Awaitable[Event]]]:
        """What gives the next event, of one sweep or of all, from now on. Raises TooMany."""
        if len(self._ears) >= MOST:
            raise TooMany
        send, receive = anyio.create_memory_object_stream[Event](BUFFERED)
        ear = _Ear(send, sweep)
        self._ears.append(ear)

        async def following() -> Event:
            with anyio.move_on_after(BEAT):
                return await receive.receive()
            return Event(event="beat", at=self._now())

        try:
            with send, receive:
                yield following
        finally:
            self._ears = [one for one in self._ears if one is not ear]
