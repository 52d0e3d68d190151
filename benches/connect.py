"""What a connect costs: CPU seconds per million probes of our connect path, and its rate, against nmap -sT -T5."""

import shutil
import socket
from contextlib import ExitStack
from ipaddress import ip_address, ip_network
from statistics import median
from typing import Any

from msgspec.structs import replace

from benches.harness import Cost, Result, by_turns, call, command, judged, main, skipped

FIGURE = "connect path CPU"
TARGET = "ratio <= 1.0"
UNIT = "CPU s per million probes"
RATE = 0.9
"""Of nmap's probes per second; the aim is 1.1."""

NETWORK = "127.0.0.0/17"
CLOSED = (2, 3, 4, 5)
"""Ports nobody listens on."""
LISTENERS = [f"127.0.{number}.{number * 3 + 1}" for number in range(2, 22)]
PROBES = ip_network(NETWORK).num_addresses * (len(CLOSED) + 1)


def ours(network: str, ports: list[int]) -> dict[str, Any]:
    """Sweep at full speed; runs in a child."""
    from livebom.net.pace import Pace
    from livebom.net.ranges import Range
    from probes.engine.connect import connect_sweep
    from probes.engine.permute import Permutation
    from probes.engine.plan import Block, make_plan
    from probes.engine.tally import Open

    whole = ip_network(network)
    plan = make_plan([Block((Range(int(whole[0]), int(whole[-1]), 4),), tuple(ports))])
    found: list[Open] = []
    order = Permutation(len(plan), b"bench").walk()
    tally = connect_sweep(plan, order, Pace(None), on_open=found.extend, stop=lambda: False)
    return {"open": sorted(one.address for one in found), "complete": tally.complete}


def _ours(port: int) -> Cost:
    cost = call("benches.connect:ours", NETWORK, [*CLOSED, port])
    assert cost.answer["complete"], "our sweep was not complete"
    assert cost.answer["open"] == sorted(LISTENERS), "our sweep missed an open port, or made one up"
    return cost


def _nmap(port: int) -> Cost:
    ports = ",".join(map(str, [*CLOSED, port]))
    cost = command(["nmap", "-sT", "-T5", "-n", "-Pn", "-p", ports, NETWORK, "--open", "-oG", "-"])
    assert f"{port}/open/" in cost.answer, "nmap found nothing: it did not do the same work"
    return cost


def _free_port() -> int:
    """A port below the range of local ports that is free on all of the addresses."""
    for port in range(20_000, 30_000):
        with ExitStack() as stack:
            try:
                for address in LISTENERS:
                    stack.enter_context(socket.create_server((address, port)))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


def run() -> Result:
    """Sweep the same addresses and ports by turns."""
    if shutil.which("nmap") is None:
        return skipped(FIGURE, TARGET, UNIT, "nmap is not installed: apt install nmap")
    assert all(ip_address(address) in ip_network(NETWORK) for address in LISTENERS)
    port = _free_port()
    with ExitStack() as stack:
        for address in LISTENERS:
            stack.enter_context(socket.create_server((address, port), backlog=64))
        mine, peers = by_turns(lambda: _ours(port), lambda: _nmap(port))
    million = PROBES / 1e6
    rates = [median(PROBES / one.wall for one in side) for side in (mine, peers)]
    result = judged(
        FIGURE,
        TARGET,
        UNIT,
        [cost.cpu / million for cost in mine],
        [cost.cpu / million for cost in peers],
        extra={
            "probes": PROBES,
            "ours without start and imports": min(cost.inner_cpu for cost in mine) / million,
            "ours probes/s": rates[0],
            "nmap probes/s": rates[1],
            "rate ratio": rates[0] / rates[1],
            "ours peak MB": max(cost.rss for cost in mine) / 1e6,
        },
        note=f"{rates[0] / rates[1]:.2f}x its rate, start and imports included",
    )
    return replace(result, ok=result.ok and rates[0] >= RATE * rates[1])


if __name__ == "__main__":
    main(run)
