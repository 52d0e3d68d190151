"""The answer's side of HTTP/1.x without a socket: bytes in, one capped Reply out, whatever the bytes are."""

import re
from typing import NamedTuple

from livebom.bom.observation import Outcome
from livebom.bom.service import TlsFacts
from livebom.net.reply import HEADERS_CAP, LINE_CAP, Reply
from probes.engine.body import Body, Chunked, Sized, WireError, decoded

HEAD_CAP = 1 << 16
"""Most bytes of a status line with its headers."""
INTERIM_CAP = 8
"""Most 1xx answers before the real one."""
BANNER_CAP = 1024
"""Most bytes kept of an answer that is not HTTP."""
STREAM_CAP = 1 << 18
"""Most bytes of a `text/event-stream`, whatever the ask allows: its head and first events tell what it is."""

_MAGIC = b"HTTP/1."
_STATUS = re.compile(r"HTTP/1\.([01]) ([1-9][0-9]{2})(?: (.*))?")
_HEADER = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\n]*)$", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_FOLD = re.compile(r"\n[ \t]+")
_LENGTH = re.compile(r"[0-9]{1,18}")
_READ_BY_US = frozenset({"connection", "content-encoding", "content-length", "content-type", "transfer-encoding"})


class Head(NamedTuple):
    """A status line and its headers."""

    minor: int
    """Of the version: 0 or 1."""
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    known: dict[str, str]
    """The headers that steer the reading, lower case, repeated ones joined by a comma."""


def read_head(raw: bytes) -> Head:
    """Read a whole head, blank line included (RFC 9112 sections 2 to 5). Raises WireError.

    Bytes are read as Latin-1, so none is lost. LF alone ends a line; a folded line is joined by one space; a control
    character (NUL, ESC, a CR within a line) makes the whole head wrong, as does a space before the colon.
    """
    text = raw.decode("latin-1").replace("\r\n", "\n")
    if _CONTROL.search(text):
        raise WireError("control character in the head")
    first, _, rest = text.partition("\n")
    if "\n " in text or "\n\t" in text:
        if rest[:1] in (" ", "\t"):
            raise WireError("folded status line")
        rest = _FOLD.sub(" ", rest)
    found = _STATUS.fullmatch(first)
    lines = _HEADER.findall(rest)
    if found is None or len(lines) != rest.count("\n") - 1:
        raise WireError("bad status line or header")
    if len(lines) > HEADERS_CAP or (len(text) > LINE_CAP and max(map(len, (first, *rest.split("\n")))) > LINE_CAP):
        raise WireError("too many headers, or a line too long")
    headers = tuple([(name, value.strip(" \t")) for name, value in lines])
    return Head(int(found[1]), int(found[2]), (found[3] or "").strip(), headers, _known(headers))


def _known(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    known: dict[str, str] = {}
    for name, value in headers:
        low = name.lower()
        if low in _READ_BY_US:
            known[low] = f"{known[low]},{value.lower()}" if low in known else value.lower()
    return known


def framed(head: Head, method: str, cap: int) -> Body:
    """The body that follows this head (RFC 9112 section 6.3). Raises WireError where the head contradicts itself."""
    transfer, length = head.known.get("transfer-encoding"), head.known.get("content-length")
    if transfer is not None and (length is not None or transfer not in ("chunked", "identity")):
        raise WireError("a transfer coding beside a length, or one not known here")
    size = None if length is None else _length(length)
    if method == "HEAD" or head.status in (101, 204, 304):
        return Sized(0, 0)
    if head.known.get("content-type", "").startswith("text/event-stream"):
        cap = min(cap, STREAM_CAP)
    if transfer == "chunked":
        return Chunked(cap)
    return Body(cap) if size is None else Sized(cap, size)


def _length(value: str) -> int:
    """The one length that all repetitions agree on."""
    lengths = {part.strip(" \t") for part in value.split(",")} if "," in value else {value}
    text = lengths.pop()
    if lengths or _LENGTH.fullmatch(text) is None:
        raise WireError("bad length")
    return int(text)


class Parser:
    """Reads one answer. `feed` until it returns True, or `eof` or `cut`; then `reply`. Arbitrary bytes never raise.

    The reply does not depend on how the bytes were split. What ends without a head is `closed` (no byte came),
    `timeout` (cut before the head was whole) or `protocol_error` (not HTTP, or a head that broke off); what ends
    after the head is `ok`, truncated where bytes are missing, or `protocol_error` where its framing is wrong: then
    status and headers stand in the reply if they could be read, else the first bytes stand in `banner`.
    """

    __slots__ = ("_banner", "_body", "_cap", "_head", "_interim", "_method", "_raw", "_surplus", "foreign", "outcome")

    def __init__(self, method: str, cap: int) -> None:
        self._method = method
        self._cap = cap
        self._raw = b""
        self._head: Head | None = None
        self._body: Body | None = None
        self._interim = 0
        self._surplus = False
        self._banner = b""
        self.foreign = False
        """The bytes so far are not HTTP; more are taken for the banner only."""
        self.outcome: Outcome | None = None
        """None until the answer is over."""

    @property
    def started(self) -> bool:
        """Whether any byte came."""
        return bool(self._raw or self._head or self._interim)

    @property
    def headed(self) -> bool:
        """Whether the head of the real answer is read."""
        return self._head is not None

    @property
    def keep(self) -> bool:
        """Whether the connection can carry another ask (RFC 9112 section 9.3)."""
        head, body = self._head, self._body
        if self.outcome is not Outcome.OK or head is None or body is None or head.status == 101:
            return False
        if self._surplus or body.surplus or body.truncated or type(body) is Body:
            return False
        connection = head.known.get("connection", "")
        return "close" not in connection if head.minor else "keep-alive" in connection

    def feed(self, data: bytes) -> bool:
        """Take the next bytes of the stream; returns whether the answer is over."""
        if self.outcome is not None or not data:
            return self.outcome is not None
        try:
            if self._body is not None:
                self._body.feed(data)
            else:
                self._feed_head(data)
        except WireError:
            self.outcome = Outcome.PROTOCOL_ERROR
        else:
            if self._body is not None and self._body.complete:
                self.outcome = Outcome.OK
        return self.outcome is not None

    def eof(self) -> None:
        """The peer closed or reset the connection."""
        if self.outcome is None:
            self._end(Outcome.PROTOCOL_ERROR if self._raw or self._interim else Outcome.CLOSED)

    def cut(self) -> None:
        """Time is up."""
        if self.outcome is None:
            self._end(Outcome.PROTOCOL_ERROR if self.foreign else Outcome.TIMEOUT, late=True)

    def reply(self, elapsed: float = 0.0, tls: TlsFacts | None = None) -> Reply:
        """The answer; call it once it is over."""
        head, body, outcome = self._head, self._body, self.outcome or Outcome.TIMEOUT
        if head is None:
            return Reply(outcome=outcome, banner=self._banner, elapsed=elapsed, tls=tls)
        content, truncated = b"", False
        if body is not None:
            coding = head.known.get("content-encoding", "")
            content, cut = decoded(body.content, coding, self._cap) if coding else (body.content, False)
            truncated = body.truncated or cut
        return Reply(
            outcome=outcome,
            status=head.status,
            reason=head.reason,
            headers=head.headers,
            body=content,
            truncated=truncated,
            elapsed=elapsed,
            tls=tls,
        )

    def _end(self, headless: Outcome, *, late: bool = False) -> None:
        if self._body is None:
            self.outcome = headless
            if headless is Outcome.PROTOCOL_ERROR:
                self._banner = self._raw[:BANNER_CAP]
            return
        self._body.eof()
        self._body.truncated |= late
        self.outcome = Outcome.OK

    def _feed_head(self, data: bytes) -> None:
        start = max(0, len(self._raw) - 2)
        raw = self._raw + data if self._raw else data
        while raw:
            if not raw.startswith(_MAGIC) and not _MAGIC.startswith(raw):
                self._feed_foreign(raw)
                return
            end = _blank_line(raw, start)
            if end < 0 or end > HEAD_CAP:
                self._raw = raw
                self._check_unfinished(raw)
                return
            raw, start = self._take_head(raw, end), 0
            if self._head is not None:
                if raw:
                    self._feed_body(raw)
                return
        self._raw = b""

    def _feed_foreign(self, raw: bytes) -> None:
        self.foreign = True
        self._raw = self._banner = raw[:BANNER_CAP]
        if len(raw) >= BANNER_CAP:
            raise WireError("not HTTP")

    def _check_unfinished(self, raw: bytes) -> None:
        # An allowance of one: the CR of a line of exactly LINE_CAP bytes.
        if len(raw) > HEAD_CAP or len(raw) - raw.rfind(b"\n") - 1 > LINE_CAP + 1:
            self._banner = raw[:BANNER_CAP]
            raise WireError("head too long")

    def _take_head(self, raw: bytes, end: int) -> bytes:
        """Read the head before `end`; returns the bytes behind it."""
        self._raw = b""
        try:
            head = read_head(raw[:end])
        except WireError:
            self._banner = raw[: min(end, BANNER_CAP)]
            raise
        if 100 <= head.status < 200 and head.status != 101:
            self._interim += 1
            if self._interim > INTERIM_CAP:
                self._banner = raw[: min(end, BANNER_CAP)]
                raise WireError("too many interim answers")
            return raw[end:]
        self._head = head
        self._body = framed(head, self._method, self._cap)
        return raw[end:]

    def _feed_body(self, rest: bytes) -> None:
        body = self._body
        if body is None or body.complete:
            self._surplus = True
        else:
            body.feed(rest)


def _blank_line(raw: bytes, start: int) -> int:
    """Where the body begins, or -1: behind the first empty line."""
    end = raw.find(b"\n\r\n", start)
    bare = raw.find(b"\n\n", start, len(raw) if end < 0 else end + 1)
    if bare >= 0:
        return bare + 2
    return end + 3 if end >= 0 else -1
