"""Reading an API server of Kubernetes: GET alone, over TLS that the cluster's own authority vouches for."""

import os
import ssl
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from msgspec import Struct

_ANSWER = 64 << 20
"""Bytes of one answer; a page of 500 pods is a few megabytes."""
_LINE = 4 << 20
"""Bytes of one event of a watch."""


class ClusterError(Exception):
    """The API server cannot be asked or refused; the text says why, and holds no secret."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class Door(Struct, frozen=True, kw_only=True):
    """Where an API server is and how it is entered."""

    server: str
    """`https://10.0.0.1:6443`, perhaps with a path."""
    authority: str = ""
    """Certificates in PEM; empty are those that this host trusts."""
    unverified: bool = False
    """The kubeconfig says that whoever answers is to be believed."""
    token: str = ""
    certificate: str = ""
    """The client's, in PEM."""
    key: str = ""
    name: str = ""
    """The name of the server in its certificate, where that is not its address."""


def get(door: Door, path: str, until: float) -> bytes:
    """The answer to a GET, whole. `until` is of `time.monotonic()`. Raises ClusterError."""
    connection = _connected(door, until)
    try:
        response = _asked(connection, door, path)
        body = response.read(_ANSWER + 1)
    except (OSError, HTTPException) as error:
        raise ClusterError(f"{type(error).__name__} while it answered") from None
    finally:
        connection.close()
    if len(body) > _ANSWER:
        raise ClusterError(f"an answer of more than {_ANSWER} bytes")
    if response.length:  # it ended before what it promised: http.client says nothing of that
        raise ClusterError("an answer that is not whole")
    if response.status != 200:
        raise ClusterError(f"status {response.status}", response.status)
    return body


def lines(door: Door, path: str, until: float) -> Iterator[bytes]:
    """The lines of an answer as they come, until the server ends it or the time is over. Raises ClusterError."""
    connection = _connected(door, until)
    try:
        response = _asked(connection, door, path)
        if response.status != 200:
            raise ClusterError(f"status {response.status}", response.status)
        while time.monotonic() < until:
            try:
                line = response.readline(_LINE + 1)
            except TimeoutError:
                return
            if not line:
                return
            if len(line) > _LINE:
                raise ClusterError(f"an event of more than {_LINE} bytes")
            yield line
    except (OSError, HTTPException) as error:
        raise ClusterError(f"{type(error).__name__} while it answered") from None
    finally:
        connection.close()


def _connected(door: Door, until: float) -> HTTPConnection:
    parts = urlsplit(door.server)
    left = until - time.monotonic()
    if left <= 0:
        raise ClusterError("no time was left")
    try:
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http":
            connection: HTTPConnection = HTTPConnection(host, port or 80, timeout=left)
        elif parts.scheme == "https":
            connection = _Named(host, port or 443, timeout=left, context=_context(door))
            connection.called = door.name or host
        else:
            raise ClusterError("its address is no URL of http or https")
        connection.connect()
    except ssl.SSLCertVerificationError as error:
        raise ClusterError(f"its certificate is not to be trusted: {error.verify_message}") from None
    except (OSError, ValueError, HTTPException) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise ClusterError(f"cannot be reached: {reason}") from None
    return connection


class _Named(HTTPSConnection):
    """A connection whose server may have another name than its address."""

    called = ""

    def connect(self) -> None:
        HTTPConnection.connect(self)
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]
        self.sock = context.wrap_socket(self.sock, server_hostname=self.called)


def _context(door: Door) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=door.authority or None)
    if door.unverified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if door.certificate and door.key:
        # OpenSSL reads a key from a file only; mkstemp makes one that nobody else can read, and it is gone at once.
        handle, path = tempfile.mkstemp(prefix="livebom-")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(f"{door.certificate}\n{door.key}\n")
            context.load_cert_chain(path)
        finally:
            os.unlink(path)  # noqa: PTH108 - a path that mkstemp gave as text
    return context


def _asked(connection: HTTPConnection, door: Door, path: str) -> HTTPResponse:
    headers = {"Accept": "application/json", "User-Agent": "livebom"}
    if door.token:
        headers["Authorization"] = f"Bearer {door.token}"
    connection.request("GET", urlsplit(door.server).path.rstrip("/") + path, headers=headers)
    return connection.getresponse()
