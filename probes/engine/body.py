"""The body of an answer, however it is framed: kept up to a cap, and a content coding undone within bounds."""

import re
import zlib

from livebom.net.reply import LINE_CAP

OVERHEAD_CAP = 1 << 17
"""Most bytes of chunk framing (sizes, extensions, line ends) of one answer: a server that frames every byte on its own
would otherwise buy a second of our time with each megabyte."""
RATIO_FREE = 1 << 16
"""Bytes a compressed body may become whatever its size."""
RATIO_CAP = 100
"""How many bytes one compressed byte may become beyond that."""

_EITHER, _RAW = zlib.MAX_WBITS | 32, -zlib.MAX_WBITS
_WINDOWS = {"gzip": (_EITHER,), "x-gzip": (_EITHER,), "deflate": (_EITHER, _RAW)}
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?\r?", re.DOTALL)


class WireError(Exception):
    """The bytes are not what HTTP/1.x allows (RFC 9112)."""


class Body:
    """A body that ends where the stream ends; the other framings build on it."""

    __slots__ = ("_parts", "_room", "complete", "surplus", "truncated")

    def __init__(self, cap: int) -> None:
        self._parts: list[bytes] = []
        self._room = cap
        self.complete = False
        """Nothing more is wanted: the framing says so, or the cap is reached."""
        self.truncated = False
        self.surplus = False
        """Bytes came after the end: the connection is not to be used again."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._keep(data)

    def eof(self) -> None:
        """The stream is over."""
        self.complete = True

    @property
    def content(self) -> bytes:
        """What was kept."""
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def _keep(self, piece: bytes) -> None:
        """Keep what there is room for; more than that ends the body."""
        if len(piece) > self._room:
            piece = piece[: self._room]
            self._cut()
        if piece:
            self._room -= len(piece)
            self._parts.append(piece)

    def _cut(self) -> None:
        self.truncated = self.complete = True


class Sized(Body):
    """A body whose length is declared."""

    __slots__ = ("_left",)

    def __init__(self, cap: int, length: int) -> None:
        super().__init__(cap)
        self._left = length
        self.complete = length == 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream; those past the declared length are dropped."""
        left = self._left
        if len(data) > left:
            data, self.surplus = data[:left], True
        self._left = left - len(data)
        self._keep(data)
        if not self._left:
            self.complete = True

    def eof(self) -> None:
        """The stream is over, perhaps too early."""
        if not self.complete:
            self._cut()


class Chunked(Body):
    """A body in chunks (RFC 9112 section 7.1); extensions and trailers are skipped within bounds.

    Raises WireError from `feed`. A line may end in LF alone.
    """

    __slots__ = ("_left", "_overhead", "_rest", "_state", "_trailers")

    def __init__(self, cap: int) -> None:
        super().__init__(cap)
        self._left = 0
        self._overhead = self._trailers = 0
        self._rest = b""
        self._state = "size"

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        at = 0
        while at < len(data) and not self.complete:
            if self._state == "data":
                at = self._data(data, at)
            elif self._state == "gap":
                at = self._gap(data, at)
            else:
                at = self._line(data, at)
        self.surplus = at < len(data)

    def eof(self) -> None:
        """The stream is over, perhaps too early."""
        if not self.complete:
            self._cut()

    def _data(self, data: bytes, at: int) -> int:
        piece = data[at : at + self._left]
        self._left -= len(piece)
        self._keep(piece)
        if not self._left:
            self._state = "gap"
        return at + len(piece)

    def _gap(self, data: bytes, at: int) -> int:
        """The line end behind a chunk's data."""
        end = data[at : at + 2]
        if end == b"\r":
            return self._save(data, at)
        if end != b"\r\n" and end[:1] != b"\n":
            raise WireError("no line end after a chunk")
        self._state = "size"
        return at + (1 if end[:1] == b"\n" else 2)

    def _line(self, data: bytes, at: int) -> int:
        """A chunk's size, or a trailer."""
        end = data.find(b"\n", at, at + LINE_CAP + 1)
        if end < 0:
            if len(data) - at > LINE_CAP:
                raise WireError("line too long")
            return self._save(data, at)
        if self._state == "size":
            self._size(data[at:end])
            self._overhead += end - at + 3
            if self._overhead > OVERHEAD_CAP:
                self._cut()
        else:
            self._trailers += end - at + 1
            if self._trailers > LINE_CAP:
                raise WireError("trailers too long")
            self.complete = data[at:end] in (b"", b"\r")
        return end + 1

    def _size(self, line: bytes) -> None:
        found = _SIZE.fullmatch(line)
        if found is None:
            raise WireError("bad chunk size")
        self._left = int(found[1], 16)
        self._state = "data" if self._left else "trailer"

    def _save(self, data: bytes, at: int) -> int:
        """Keep an unfinished line for the next bytes; returns the end, as if it were read."""
        self._rest = data[at:]
        return len(data)


def decoded(body: bytes, coding: str, cap: int) -> tuple[bytes, bool]:
    """The body without its content coding, and whether it was cut at the cap or at the ratio limit.

    gzip and deflate (zlib or raw, as servers disagree about the word) are undone; a coding not known here, two codings,
    and data that are not what they claim stay as they came. Of several gzip members the first is read.
    """
    windows = _WINDOWS.get(coding, ()) if body else ()
    limit = min(cap, max(RATIO_FREE, RATIO_CAP * len(body)))
    for window in windows:
        reader = zlib.decompressobj(window)
        try:
            plain = reader.decompress(body, limit + 1)
        except zlib.error:
            continue
        return plain[:limit], len(plain) > limit or not reader.eof
    return body, False
