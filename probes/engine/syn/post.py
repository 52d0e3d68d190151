"""The sender's end of the two pipes to its parent: never waits, and knows what the parent has not yet taken."""

import os
import time

import msgspec

from probes.engine.syn.protocol import Count, Failed, Found, Frames, Order, Taken, framed

MOST_UNTAKEN = 512
"""Open ports the parent may be behind before nothing more is sent."""
PATIENCE = 0.25
"""Seconds the parent may take for a batch of open ports before nothing more is sent."""
_READ = 1 << 16
_PLACES = 512


class Post:
    """Messages to and from the parent, over non-blocking descriptors."""

    def __init__(self, reading: int, writing: int) -> None:
        """Take the descriptors."""
        self.reading, self.writing = reading, writing
        self.ended = False
        """The parent wants no more, or is gone."""
        self._frames = Frames()
        self._out = bytearray()
        self._untaken = 0
        self._since = 0.0

    def order(self) -> Order:
        """The first message; waits for it. Raises ValueError or msgspec.DecodeError where it makes no sense."""
        os.set_blocking(self.reading, True)
        while data := os.read(self.reading, _READ):
            for message in self._frames.feed(data):
                os.set_blocking(self.reading, False)
                os.set_blocking(self.writing, False)
                return msgspec.msgpack.decode(message, type=Order)
        raise ValueError("no order came")

    @property
    def held_up(self) -> bool:
        """Whether the parent is behind, so that sending must wait."""
        if not self._untaken:
            return False
        return self._untaken > MOST_UNTAKEN or time.monotonic() - self._since > PATIENCE

    @property
    def unsent(self) -> bool:
        """Whether messages wait for room in the pipe."""
        return bool(self._out)

    def tell(self, message: Count | Failed) -> None:
        """Send it, now or when there is room."""
        self._out += framed(message)
        self.flush()

    def found(self, places: list[tuple[str, int]]) -> None:
        """Tell of open ports."""
        if not self._untaken:
            self._since = time.monotonic()
        self._untaken += len(places)
        for at in range(0, len(places), _PLACES):
            self._out += framed(Found(tuple(places[at : at + _PLACES])))
        self.flush()

    def flush(self) -> None:
        """Write what there is room for."""
        try:
            while self._out and not self.ended:
                del self._out[: os.write(self.writing, self._out)]
        except BlockingIOError:
            pass
        except OSError:
            self.ended = True

    def listen(self) -> None:
        """Take in what the parent said."""
        try:
            data = os.read(self.reading, _READ)
        except BlockingIOError:
            return
        if not data:
            self.ended = True
        for message in self._frames.feed(data):
            self._untaken -= msgspec.msgpack.decode(message, type=Taken).places
            self._since = time.monotonic()
