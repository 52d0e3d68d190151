"""Peers on loopback that behave as real and hostile servers do, and a client to meet them with."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from livebom.net.reply import Ask, Reply
from probes.engine.http import Job, Talker

Handler = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """A TCP server that gives every connection to `handler`, in a thread of its own, and counts them."""

    def __init__(self, handler: Handler, *, host: str = "127.0.0.1") -> None:
        self.handler = handler
        self.host = host
        self.connections = 0
        self.most_at_once = 0
        self.requests: list[bytes] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def job(
        self, talk: Callable[[], Generator[Ask, Reply, Any]], *, deadline: float = 10.0, name: str | None = None
    ) -> Job:
        """A conversation with this peer."""
        return Job(address=self.host, port=self.port, name=name, talk=talk, deadline=deadline)

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with self._lock:
                    self.connections += 1
                    self._open.add(connection)
                    self.most_at_once = max(self.most_at_once, len(self._open))
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError):  # whoever cuts an endless answer resets the connection
                self.handler(connection)
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def read_request(connection: socket.socket) -> bytes:
    """One request with its declared body; empty at the end of the stream."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def hold(connection: socket.socket) -> None:
    """Say nothing more until the client leaves."""
    while connection.recv(65536):
        pass


def reset(connection: socket.socket) -> None:
    """Close with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def serving(*answers: bytes) -> Handler:
    """Answers each request of a connection with the next of these, keeps the connection, closes after the last."""

    def handler(connection: socket.socket) -> None:
        for answer in answers:
            if not read_request(connection):
                return
            connection.sendall(answer)

    return handler


def keeping(answer: bytes = OK) -> Handler:
    """Answers every request alike, for as long as the client wants."""

    def handler(connection: socket.socket) -> None:
        while read_request(connection):
            connection.sendall(answer)

    return handler


def flowing(start: bytes, pieces: Iterable[bytes]) -> Handler:
    """Answers with a start and then with pieces, which may never end."""

    def handler(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(start)
        for piece in pieces:
            connection.sendall(piece)

    return handler


def dripping(start: bytes, piece: bytes, every: float) -> Handler:
    """Answers with a start and then with one piece at a time, slowly, until the client leaves."""

    def handler(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(start)
        connection.settimeout(every)
        while True:
            try:
                if not connection.recv(65536):
                    return
            except TimeoutError:
                connection.sendall(piece)

    return handler


class Tokens:
    """A pace that never runs dry, and counts."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self, wanted: int, /) -> int:
        self.taken += wanted
        return wanted

    def wait(self) -> float:
        return 0.0


Ending = tuple[Job, Any, BaseException | None]


def make_talker(endings: list[Ending], **options: Any) -> Talker:
    """A talker that collects how its jobs end, in order."""
    settings: dict[str, Any] = {
        "pace": Tokens(),
        "allowed": lambda _host, _port: True,
        "user_agent": "livebom/test",
        "done": lambda job, result, fault: endings.append((job, result, fault)),
    }
    return Talker(**settings | options)


def have(jobs: Sequence[Job], **options: Any) -> list[Ending]:
    """Have these conversations, in this thread, and tell how they ended."""
    endings: list[Ending] = []
    talker = make_talker(endings, **options)
    for job in jobs:
        talker.submit(job)
    talker.close()
    talker.run()
    return endings


def asking(*asks: Ask) -> Callable[[], Generator[Ask, Reply, list[Reply]]]:
    """A conversation that makes these asks and returns the replies."""

    def talk() -> Generator[Ask, Reply, list[Reply]]:
        replies: list[Reply] = []
        for one in asks:
            reply = yield one
            replies.append(reply)
        return replies

    return talk


def ask(path: str = "/", **fields: Any) -> Ask:
    """One ask."""
    return Ask(id=path, path=path, **fields)


def meet(peer: Peer, *asks: Ask, deadline: float = 10.0, name: str | None = None, **options: Any) -> list[Reply]:
    """The replies of one peer to these asks, or to one plain GET."""
    ((_, replies, fault),) = have([peer.job(asking(*(asks or (ask(),))), deadline=deadline, name=name)], **options)
    if fault is not None:
        raise fault
    found: list[Reply] = replies
    return found


@contextlib.contextmanager
def running(talker: Talker) -> Iterator[threading.Thread]:
    """A talker in a thread of its own, stopped in the end."""
    thread = threading.Thread(target=talker.run, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        talker.stop()
        thread.join(10)
        assert not thread.is_alive()
