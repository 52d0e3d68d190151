"""A client of the control socket: one request per connection, answers whole or line by line."""

import re
import socket
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import msgspec

from daemon.wire import Problem
from livebom.settings import Settings
from livebom.settings.daemon import SYSTEM_SOCKET

_HEAD = 64 << 10
_MOST = 256 << 20
_CHUNK = 1 << 16
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: .*)?")

T = TypeVar("T")


class NoDaemon(Exception):  # noqa: N818 - it is a state
    """No daemon answers there; the text says where."""


class Denied(Exception):  # noqa: N818 - it is an answer
    """The daemon answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        parts = (problem.title, problem.detail, problem.remedy)
        super().__init__("; ".join(part for part in parts if part))
        self.problem = problem


class Client:
    """Asks one daemon."""

    def __init__(self, path: Path, timeout: float = 60.0) -> None:
        self.path = path
        self._timeout = timeout

    def get(self, path: str, kind: type[T], **query: object) -> T:
        """The answer. Raises NoDaemon, Denied."""
        return self.ask("GET", path, kind, query=query)

    def ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        query: Mapping[str, object] | None = None,
        body: Any = None,
        key: str = "",
    ) -> T:
        """The answer to any request. Raises NoDaemon, Denied."""
        with self._asked(method, _target(path, query), body, {"Idempotency-Key": key} if key else {}) as answer:
            return _decoded(answer.whole(), kind)

    def lines(self, path: str, kind: type[T], **query: object) -> Iterator[T]:
        """The lines of a stream, as they come. Raises NoDaemon, Denied."""
        with self._asked("GET", _target(path, query), None, {"Accept": "application/jsonl"}) as answer:
            for line in answer.lines():
                yield _decoded(line, kind)

    def _asked(self, method: str, target: str, body: Any, headers: Mapping[str, str]) -> "_Answer":
        data = b"" if body is None else msgspec.json.encode(body)
        head = {"Host": "livebom", "Connection": "close", "Content-Length": str(len(data)), **headers}
        if body is not None:
            head["Content-Type"] = "application/json"
        text = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in head.items())
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            # Where too many others are before us, the kernel makes us wait, but not a socket with a timeout (unix(7)).
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(self._timeout))
            one.connect(str(self.path))
            one.settimeout(self._timeout)
            one.sendall(text.encode() + b"\r\n" + data)
        except OSError as error:
            one.close()
            raise NoDaemon(f"no daemon answers at {self.path}: {error.strerror or error}") from None
        return _Answer(one, self.path)


def _timeval(seconds: float) -> bytes:
    return struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))


class _Answer:
    """One response as it is read; what is no HTTP is no daemon."""

    def __init__(self, one: socket.socket, path: Path) -> None:
        self._socket, self._path = one, path
        self._buffer = bytearray()

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._socket.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def _begin(self) -> None:
        first = _STATUS.fullmatch(self._line())
        if first is None:
            raise NoDaemon(f"what answers at {self._path} is no daemon of livebom")
        headers: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        length = headers.get("content-length", "")
        self._left = int(length) if length.isdecimal() else None
        self._chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        if int(first[1]) >= 400:
            body = self.whole()
            if headers.get("content-type") != "application/problem+json":
                body = body if headers.get("content-type") == "application/json" else b""
                raise Denied(_other(int(first[1]), body))
            raise Denied(_decoded(body, Problem))

    def whole(self) -> bytes:
        """The body."""
        parts = bytearray()
        for piece in self._pieces():
            parts += piece
            if len(parts) > _MOST:
                raise NoDaemon(f"the answer of the daemon at {self._path} is too long")
        return bytes(parts)

    def lines(self) -> Iterator[bytes]:
        """The body's lines, each as soon as it is there."""
        rest = b""
        for piece in self._pieces():
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line for line in lines if line)
        if rest:
            yield rest

    def _pieces(self) -> Iterator[bytes]:
        if not self._chunked:
            left = self._left
            while left is None or left > 0:
                piece = self._take(_CHUNK if left is None else min(left, _CHUNK))
                if not piece:
                    break
                left = None if left is None else left - len(piece)
                yield piece
            if left:
                raise self._cut()
            return
        while size := int(self._line() or b"0", 16):
            while size:
                piece = self._take(min(size, _CHUNK))
                if not piece:
                    raise self._cut()
                size -= len(piece)
                yield piece
            self._line()

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _HEAD or not self._fill():
                raise self._cut()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _take(self, most: int) -> bytes:
        if not self._buffer:
            self._fill()
        piece = bytes(self._buffer[:most])
        del self._buffer[:most]
        return piece

    def _fill(self) -> bool:
        try:
            piece = self._socket.recv(_CHUNK)
        except OSError as error:
            raise NoDaemon(f"the daemon at {self._path} does not answer: {error.strerror or error}") from None
        self._buffer += piece
        return bool(piece)

    def _cut(self) -> NoDaemon:
        return NoDaemon(f"the daemon at {self._path} ended in the middle of its answer")


def client_of(settings: Settings, environment: Mapping[str, str]) -> Client | None:
    """A client of this user's daemon, else of the system's; None where neither has a socket."""
    places = [settings.daemon.socket_path(environment)]
    if settings.daemon.socket is None:
        places.append(SYSTEM_SOCKET)
    return next((Client(path) for path in dict.fromkeys(places) if _is_socket(path)), None)


def _is_socket(path: Path) -> bool:
    try:
        return path.is_socket()
    except OSError:
        return False


def _target(path: str, query: Mapping[str, object] | None) -> str:
    given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NoDaemon(f"the daemon's answer is not understood ({error}); is it of another version?") from None


def _other(status: int, body: bytes) -> Problem:
    """An error that is told in the form of the route's own answer, or by something before the routes."""
    return Problem(title=f"the daemon answered {status}", status=status, detail=body[:2000].decode(errors="replace"))
