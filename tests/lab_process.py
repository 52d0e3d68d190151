"""The child process of the lab: obeys orders that come as JSON lines, `python -m tests.lab_process`."""

import asyncio
import resource
import sys

import msgspec
from msgspec import Struct

from tests.recording import load
from tests.replay import Peer, Replay, Seen, Tls


class Place(Struct, frozen=True, order=True):
    """Where a recording is served."""

    host: str
    port: int


class Add(Struct, frozen=True, tag=True):
    """Start a listener."""

    recording: str
    place: Place
    tls: Tls = "no"
    server: str | None = None


class Remove(Struct, frozen=True, tag=True):
    """Close a listener."""

    place: Place


class Switch(Struct, frozen=True, tag=True):
    """Let a listener answer from another recording."""

    place: Place
    recording: str


class Patch(Struct, frozen=True, tag=True):
    """Change one answer of a listener."""

    place: Place
    method: str
    path: str
    status: int | None = None
    headers: dict[str, str] = {}
    body: str | None = None


class Tell(Struct, frozen=True, tag=True):
    """Tell what reached a listener."""

    place: Place


class Forget(Struct, frozen=True, tag=True):
    """Empty a listener's log."""

    place: Place


Order = Add | Remove | Switch | Patch | Tell | Forget


class Told(Struct, frozen=True):
    """The child's answer to one order."""

    error: str | None = None
    requests: list[Seen] = []
    connections: list[float] = []


async def _obey(replay: Replay, order: Order) -> Told:
    if isinstance(order, Add):
        place = order.place
        await replay.add(order.recording, place.host, place.port, tls=order.tls, server=order.server)
        return Told()
    peer = replay.peers[order.place.host, order.place.port]
    if isinstance(order, Remove):
        await replay.remove(peer)
    elif isinstance(order, Tell):
        return Told(requests=peer.requests, connections=peer.connections)
    else:
        _change(peer, order)
    return Told()


def _change(peer: Peer, order: Switch | Patch | Forget) -> None:
    if isinstance(order, Switch):
        peer.switch(load(order.recording))
    elif isinstance(order, Patch):
        body, headers = order.body, order.headers
        peer.answers.patch(order.method, order.path, status=order.status, headers=headers, body=body)
    else:
        peer.requests.clear()
        peer.connections.clear()


async def _serve() -> None:
    """Obey orders until standard input ends, which it also does when the parent dies."""
    orders = asyncio.StreamReader(limit=1 << 26)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer)
    async with Replay() as replay:
        while line := await orders.readline():
            try:
                told = await _obey(replay, msgspec.json.decode(line, type=Order))
            except (OSError, KeyError, ValueError, msgspec.MsgspecError) as error:
                told = Told(error=f"{type(error).__name__}: {error}")
            sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
            sys.stdout.buffer.flush()
    transport.close()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_serve())
