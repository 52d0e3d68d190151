"""Peers that want to hurt, fool or stop whoever looks at them; each behaviour has one connection to do it on."""

import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from itertools import repeat

Behaviour = Callable[[socket.socket], None]
"""Does what it does to one connection; it is closed afterwards."""

MOST = 40 << 20
"""Bytes that one connection may send."""
SECONDS = 30.0
_OK = b"HTTP/1.1 200 OK\r\n"
_JSON = _OK + b"Content-Type: application/json\r\n"


@contextmanager
def serving(host: str, port: int, behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """Accept at that place, each connection in a thread of its own, until the block ends."""
    over = threading.Event()
    with socket.create_server((host, port), backlog=64) as listening:
        listening.settimeout(0.1)

        def accept() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    connection, _ = listening.accept()
                    threading.Thread(target=_one, args=(connection, behave, tls), daemon=True).start()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _one(connection: socket.socket, behave: Behaviour, tls: ssl.SSLContext | None) -> None:
    connection.settimeout(SECONDS)
    with suppress(OSError, ValueError), connection:
        if tls is None:
            behave(connection)
        elif connection.recv(1, socket.MSG_PEEK):  # a reset connection cannot be wrapped
            with tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as wrapped:
                wrapped.do_handshake()
                behave(wrapped)


def asked(connection: socket.socket) -> bytes:
    """The head of the next request; empty where none comes."""
    data = b""
    while b"\r\n\r\n" not in data and (piece := connection.recv(65536)):
        data += piece
    return data


def path(request: bytes) -> bytes:
    """What was asked for."""
    return request.split(b" ", 2)[1] if request.count(b" ") > 1 else b""


def pour(connection: socket.socket, pieces: Iterable[bytes], pause: float = 0.0) -> None:
    """Send them, up to the most that one connection may."""
    sent, end = 0, time.monotonic() + SECONDS
    wait = threading.Event().wait
    for piece in pieces:
        connection.sendall(piece)
        sent += len(piece)
        if sent > MOST or time.monotonic() > end:
            return
        if pause:
            wait(pause)


def says(*pieces: bytes, pause: float = 0.0) -> Behaviour:
    """Every request is answered so."""

    def behave(connection: socket.socket) -> None:
        if asked(connection):
            pour(connection, pieces, pause)

    return behave


def endless(before: bytes, unit: bytes, pause: float = 0.0) -> Behaviour:
    """Every request is answered so, and the unit never ends."""

    def behave(connection: socket.socket) -> None:
        if asked(connection):
            connection.sendall(before)
            pour(connection, repeat(unit), pause)

    return behave


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole answer with its length."""
    lines = [b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body), b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def silent(connection: socket.socket) -> None:
    """Nothing is ever said."""
    connection.recv(1 << 20)
    threading.Event().wait(SECONDS)


def mute_head(connection: socket.socket) -> None:
    """A header line that is never finished."""
    asked(connection)
    connection.sendall(_OK + b"X-Begun: and never")
    threading.Event().wait(SECONDS)


def resets(connection: socket.socket) -> None:
    """Every request is answered by a reset."""
    asked(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def greets(banner: bytes) -> Behaviour:
    """It speaks first, and no HTTP."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(banner)
        connection.recv(65536)

    return behave


def half_closed(connection: socket.socket) -> None:
    """It ends its half and goes on reading."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass


@cache
def bomb(megabytes: int = 300, times: int = 1) -> bytes:
    """So many megabytes of nothing, compressed so often."""
    data = gzip.compress(bytes(1 << 20), 9) * megabytes  # members follow one another (RFC 1952 section 2.2)
    for _ in range(times - 1):
        data = gzip.compress(data, 9)
    return data


def coded(coding: bytes, body: bytes) -> Behaviour:
    """An answer in a coding nobody asked for."""
    return says(answer(body, b"Content-Type: application/json", b"Content-Encoding: " + coding))


def redirects(*locations: bytes, headers: tuple[bytes, ...] = ()) -> Behaviour:
    """Every request is sent on, to each of the places in turn."""
    number = iter(range(1 << 30))

    def behave(connection: socket.socket) -> None:
        if asked(connection):
            location = locations[next(number) % len(locations)]
            connection.sendall(answer(b"", b"Location: " + location, *headers, status=b"302 Found"))

    return behave


def everything(body: bytes, *headers: bytes) -> Behaviour:
    """Every path has this body."""
    return says(answer(body, *headers))


def by_path(answers: dict[bytes, bytes], other: bytes = b"") -> Behaviour:
    """Whole answers by path; what is not in it gets the other one, or 404."""

    def behave(connection: socket.socket) -> None:
        while request := asked(connection):
            found = answers.get(path(request).partition(b"?")[0], other)
            connection.sendall(found or answer(b"", status=b"404 Not Found"))
            return

    return behave


def listens_in(heard: list[bytes], then: Behaviour) -> Behaviour:
    """The same as the other, with what reached it kept."""

    def behave(connection: socket.socket) -> None:
        heard.append(connection.recv(1 << 16, socket.MSG_PEEK))
        then(connection)

    return behave


json_says = partial(answer, status=b"200 OK")
"""An answer of JSON: `json_says(body, b"Content-Type: application/json")`."""
