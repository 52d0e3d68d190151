"""A large estate on loopback, `python -m benches.estate NETWORK COUNT PORT`: replayed servers, and rogues."""

import asyncio
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from tests.answers import Answers
from tests.recording import names
from tests.replay import Replay

HONEST = (
    "ollama-0.32.15-default",
    "vllm-0.32.0-default",
    "triton-2.51.0-explicit",
    "llama-server-0c1e57098-default",
    "llama-cpp-python-0.3.36",
    "synthetic-lmstudio-0.4-open",
    "synthetic-localai-4.9-open",
    "synthetic-tgi-3.3.7-open",
)
EVERY = 20
"""One in so many is a rogue: 5 %."""


def rogues() -> tuple[str, ...]:
    """Peers that never end, never begin, lie about their length, or send what is not HTTP."""
    return tuple(name for name in names() if name.startswith("decoy-raw-"))


def estate(network: str, count: int) -> Iterator[tuple[str, str]]:
    """Address and recording of each service, the same in every process."""
    bad, first = rogues(), int(IPv4Network(network).network_address)
    for number in range(count):
        turn, place = divmod(number, EVERY)
        recording = bad[turn % len(bad)] if place == EVERY - 1 else HONEST[number % len(HONEST)]
        yield str(IPv4Address(first + number)), recording


async def serve(network: str, count: int, port: int) -> None:
    """Serve it until standard input is closed."""
    shared: dict[str, Answers] = {}
    async with Replay() as replay:
        for host, recording in estate(network, count):
            peer = await replay.add(recording, host, port)
            peer.answers = shared.setdefault(recording, peer.answers)  # 10,000 copies would take a gigabyte
        print("ready", flush=True)
        told = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        while not told.done():
            await asyncio.wait([told], timeout=5)
            for one in replay.peers.values():  # nobody counts here what was asked
                one.requests.clear()
                one.connections.clear()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
