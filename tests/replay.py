"""Plays recordings on loopback and counts what reaches it: `python -m tests.replay NAME[@HOST[:PORT]] …`.

A request gets the recorded answer of the same method and path that fits its headers and body best; a path that was
never recorded is answered like the recording's own unknown path. Raw peers (a banner, an endless body, a reset,
silence) do to every connection what the recorded one did, for at most 20 MB or 30 s.
"""

import argparse
import asyncio
import contextlib
import ipaddress
import socket
import ssl
import time
from types import TracebackType
from typing import Literal, Self

from msgspec import Struct
from msgspec.structs import replace

from tests.answers import Answers, render
from tests.recording import FOLDER, Recording, Request, Response, load, names
from tests.wire import (
    listen,
    make_context,
    open_streams,
    parse_request,
    play,
    read_request,
    reset,
    wait_for_end,
    wait_readable,
)

Tls = Literal["no", "only", "beside"]
"""Whether a listener speaks TLS: `only` closes on plain HTTP; `beside` answers it with nginx's own 400."""

IDLE = 15.0
"""Seconds a connection may stay silent before it is closed."""
NGINX = "nginx/1.22.1"
_PLAIN_ON_TLS = "decoy-nginx-https-plain-http-400"
_LOST = (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, OSError, ValueError)


class Seen(Struct, frozen=True, kw_only=True):
    """One request as it reached the wire."""

    at: float
    """Seconds since the epoch, when its last byte was read."""
    connection: int
    """Number of its connection to this listener, from 0."""
    method: str
    """Empty where the first line was not HTTP."""
    target: str
    headers: dict[str, str]
    """Names in lower case; of a repeated one the last."""
    body: str


class Peer:
    """One address and port that plays a recording. Build it with `Replay.add`."""

    def __init__(self, recording: Recording, listening: socket.socket, tls: Tls, server: str | None) -> None:
        self.requests: list[Seen] = []
        self.connections: list[float] = []
        """When each was accepted, in seconds since the epoch."""
        self.host, self.port = listening.getsockname()[:2]
        self.tls: Tls = tls
        self.answers = Answers(recording)
        self.context: ssl.SSLContext | None = None
        self._server = server
        self._listening = listening

    def switch(self, recording: Recording) -> None:
        """Answer from another recording from now on, also on connections that are open."""
        self.answers = Answers(recording)

    async def serve(self) -> None:
        """Accept and answer until cancelled; then every connection is closed."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                accepted, _ = await loop.sock_accept(self._listening)
                self.connections.append(time.time())
                group.create_task(self._guarded(accepted, len(self.connections) - 1))

    def close(self) -> None:
        """Free the port; nothing may serve any more."""
        self._listening.close()

    async def _guarded(self, accepted: socket.socket, number: int) -> None:
        """One connection; whatever the other side does to it is its own business."""
        writer: asyncio.StreamWriter | None = None
        try:
            answers, context = await self._greeted(accepted)
            reader, writer = await open_streams(accepted, context)
            await self._converse(answers, reader, writer, number)
            writer.close()
        except (*_LOST, asyncio.CancelledError) as error:
            if writer is not None:
                writer.transport.abort()
            else:
                accepted.close()
            if isinstance(error, asyncio.CancelledError):
                raise

    async def _greeted(self, accepted: socket.socket) -> tuple[Answers | None, ssl.SSLContext | None]:
        """How to go on with a connection: the answers to give (None: the listener's own) and its TLS, if any."""
        if self.tls == "no":
            return None, None
        async with asyncio.timeout(IDLE):
            await wait_readable(accepted)
        if accepted.recv(1, socket.MSG_PEEK) == b"\x16":
            return None, self.context
        if self.tls == "only":
            reset(accepted)
            raise ConnectionAbortedError
        return Answers(load(_PLAIN_ON_TLS)), None

    async def _converse(
        self, given: Answers | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        while True:
            answers = given or self.answers
            if answers.is_raw:
                await self._play_raw(answers, reader, writer, number)
                return
            async with asyncio.timeout(IDLE):
                asked = await read_request(reader)
            self._note(asked, number)
            if not asked.method:
                return
            # Again: it may have been switched while this connection was idle.
            found = (given or self.answers).find(asked)
            response = found.response
            if response.status is None:
                await play(response, reader, writer)
                return
            writer.write(render(found, asked, self._server))
            await writer.drain()
            if response.end == "wait":
                await wait_for_end(reader)
            if response.end or _closes(response, asked, proxied=self._server is not None):
                return

    async def _play_raw(
        self, answers: Answers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        banner = answers.raw(b"")
        if banner.speaks_first:
            writer.write(banner.raw())
        async with asyncio.timeout(IDLE):
            first = await reader.read(1 << 16)
        if first:
            self._note(parse_request(first), number)
            response = answers.raw(first)
            await play(replace(response, raw_base64="") if banner.speaks_first else response, reader, writer)

    def _note(self, asked: Request, number: int) -> None:
        headers = {name.lower(): value for name, value in asked.headers}
        self.requests.append(
            Seen(
                at=time.time(),
                connection=number,
                method=asked.method,
                target=asked.path,
                headers=headers,
                body=asked.body,
            )
        )


class Replay:
    """Any number of listeners in the running loop: `async with Replay() as replay: peer = await replay.add(…)`."""

    def __init__(self) -> None:
        self.peers: dict[tuple[str, int], Peer] = {}
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._group = asyncio.TaskGroup()
        self._context: ssl.SSLContext | None = None

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for peer in list(self.peers.values()):
            await self.remove(peer)
        await self._group.__aexit__(kind, error, trace)
        await asyncio.sleep(0)  # the transports that were aborted close in the loop's next round

    async def add(
        self,
        recording: str | Recording,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: Tls = "no",
        server: str | None = None,
    ) -> Peer:
        """Start a listener; port 0 takes a free one, `server` puts a proxy of that name in front.

        Raises OSError where the address is taken or is not loopback.
        """
        if not ipaddress.ip_address(host).is_loopback:
            raise OSError(f"{host} is not loopback")
        loaded = load(recording) if isinstance(recording, str) else recording
        peer = Peer(loaded, listen(host, port), tls, server)
        if tls != "no":
            self._context = self._context or await asyncio.to_thread(make_context)
            peer.context = self._context
        where = (peer.host, peer.port)
        self.peers[where] = peer
        self._tasks[where] = self._group.create_task(peer.serve())
        return peer

    async def remove(self, peer: Peer) -> None:
        """Close a listener and its connections; its port refuses when this returns."""
        del self.peers[peer.host, peer.port]
        task = self._tasks.pop((peer.host, peer.port))
        task.cancel()
        await asyncio.wait([task])
        peer.close()


def _closes(response: Response, asked: Request, *, proxied: bool) -> bool:
    """Whether the connection ends with this answer, by what either side said."""
    if (asked.header("connection") or "").lower() == "close":
        return True
    said = next((value.lower() for name, value in response.headers if name.lower() == "connection"), "")
    return not proxied and (said == "close" or (response.version == "1.0" and said != "keep-alive"))


async def _main(specs: list[str]) -> None:
    async with Replay() as replay:
        for spec in specs:
            name, _, where = spec.partition("@")
            host, _, port = where.partition(":")
            peer = await replay.add(name, host or "127.0.0.1", int(port or 0))
            print(name, peer.answers.recording.product, peer.host, peer.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=f"Replay recordings of {FOLDER}: {' '.join(names())}")
    parser.add_argument("recording", nargs="+", metavar="RECORDING[@HOST[:PORT]]")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(parser.parse_args().recording))
