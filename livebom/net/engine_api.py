"""Asking a container engine's API: GET alone, over a unix socket or TCP (TLS too), on connections that are kept."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from msgspec import Struct

from livebom.net.peer import credentials

_CHUNK = 1 << 16
_LINE = 1 << 20
"""Bytes of one event."""
_ALREADY_CLOSED = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)


class EngineError(Exception):
    """The engine cannot be asked; the text says why. `missing` where nobody listens there at all."""

    def __init__(self, reason: str, *, missing: bool = False) -> None:
        super().__init__(reason)
        self.missing = missing


class EngineDoor(Struct, frozen=True, kw_only=True):
    """Where an engine is and how it is entered."""

    address: str
    """`unix:///run/docker.sock`, `tcp://127.0.0.1:2375`."""
    authority: str = ""
    """A file of certificates in PEM; TCP is spoken over TLS where it is named."""
    certificate: str = ""
    """The client's, a file in PEM, and its key."""
    key: str = ""
    users: frozenset[int] | None = None
    """Who may be listening at a unix socket, by uid; None where whoever named the place answers for it."""


class Answer(Struct, frozen=True):
    """One response; the header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class EngineClient:
    """Asks one engine from any number of threads, one connection each, until the time is over.

    Whatever hangs or drips ends then: the sockets are shut down from outside. `until` is of `time.monotonic()`.
    """

    def __init__(self, door: EngineDoor, until: float) -> None:
        self._door, self._until = door, until
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._ended = False
        self.peer: int | None = None
        """The uid of whoever listens at a unix socket, once it was asked; the kernel's word, not its own."""
        self._timer = threading.Timer(max(0.0, until - time.monotonic()), self.end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self.end()
        with self._lock:
            for one in self._open:
                one.close()
            self._open.clear()

    def end(self) -> None:
        """Whoever reads or writes now stops at once; nothing is asked any more."""
        with self._lock:
            self._ended = True
            for one in self._open:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def get(self, path: str, most: int) -> Answer:
        """The answer to a GET, of at most so many bytes. Raises EngineError."""
        kept = getattr(self._mine, "connection", None)
        try:
            response = _sent(kept, path) if kept is not None else None
        except (HTTPException, *_ALREADY_CLOSED) as error:
            self._drop()  # the engine closed an idle connection: that is its right
            if self._ended:
                raise self._fault(error) from None
            response = None
        except OSError as error:
            self._drop()
            raise self._fault(error) from None
        try:
            response = response or _sent(self._connected(), path)
            body = self._body(response, most)
        except (OSError, HTTPException) as error:
            self._drop()
            raise self._fault(error) from None
        except EngineError:
            self._drop()
            raise
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body)

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of an endless answer as they come, until either side ends. Raises EngineError."""
        try:
            response = _sent(self._connected(), path)
            if response.status != 200:
                raise EngineError(f"status {response.status}")
            while line := response.readline(_LINE + 1):
                if len(line) > _LINE:
                    raise EngineError(f"an event of more than {_LINE} bytes")
                yield line
        except (OSError, ValueError, HTTPException) as error:
            if not self._ended:
                raise self._fault(error) from None
        finally:
            self._drop()

    def _body(self, response: HTTPResponse, most: int) -> bytes:
        parts, size = [], 0
        while part := response.read(min(_CHUNK, most + 1 - size)):
            parts.append(part)
            size += len(part)
            if size > most:
                raise EngineError(f"an answer of more than {most} bytes")
        if response.length:  # it ended before what it promised: http.client says nothing of that
            raise IncompleteRead(b"", response.length)
        return b"".join(parts)

    def _connected(self) -> HTTPConnection:
        left = self._until - time.monotonic()
        if self._ended or left <= 0:
            raise EngineError("no time was left")
        one = _opened(self._door, left)
        if one.family == socket.AF_UNIX:
            _, self.peer, _ = credentials(one)
        with self._lock:
            self._open.add(one)
        users = self._door.users
        if users is not None and self.peer not in users:
            known = "root, this user or whose folder it is"
            raise EngineError(f"uid {self.peer} listens there, not {known}; DOCKER_HOST or CONTAINER_HOST can name it")
        connection = HTTPConnection("localhost", timeout=left)
        connection.sock = one
        connection.auto_open = 0
        self._mine.connection, self._mine.socket = connection, one
        return connection

    def _drop(self) -> None:
        connection, one = getattr(self._mine, "connection", None), getattr(self._mine, "socket", None)
        self._mine.connection = self._mine.socket = None
        if connection is not None:
            connection.close()
        if one is not None:
            with self._lock:
                self._open.discard(one)
            one.close()

    def _fault(self, error: Exception) -> EngineError:
        if self._ended or isinstance(error, TimeoutError):
            return EngineError("did not answer in time")
        return EngineError(f"{type(error).__name__} while it answered")


def _sent(connection: HTTPConnection, path: str) -> HTTPResponse:
    connection.request("GET", path, headers={"Accept": "application/json", "User-Agent": "livebom"})
    return connection.getresponse()


def _opened(door: EngineDoor, left: float) -> socket.socket:
    """A connected socket. Raises EngineError."""
    parts = urlsplit(door.address)
    try:
        if parts.scheme == "unix":
            one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
            try:
                one.settimeout(left)
                one.connect(parts.path)
            except OSError:
                one.close()
                raise
            return one
        plain = socket.create_connection((parts.hostname or "", parts.port or 2375), left)
        return _secured(plain, door, parts.hostname or "") if door.authority else plain
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise EngineError(str(error.strerror).lower(), missing=True) from None
    except ssl.SSLError as error:
        raise EngineError(f"no TLS with it: {error.reason or type(error).__name__}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise EngineError(f"cannot be reached: {reason}") from None


def _secured(plain: socket.socket, door: EngineDoor, host: str) -> socket.socket:
    try:
        context = ssl.create_default_context(cafile=door.authority)
        if door.certificate and door.key:
            context.load_cert_chain(door.certificate, door.key)
        return context.wrap_socket(plain, server_hostname=host)
    except FileNotFoundError:  # the engine is there: it is our own papers that are not
        plain.close()
        raise EngineError("no TLS with it: a file of the certificates is not there") from None
    except (OSError, ValueError):
        plain.close()
        raise
