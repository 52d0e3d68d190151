"""The life of the sender process: take the order, open two sockets an interface, give up every privilege, sweep."""

import os
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from probes.engine.permute import Permutation
from probes.engine.plan import Run
from probes.engine.syn import privilege
from probes.engine.syn.bpf import program
from probes.engine.syn.cookie import Cookies, free_ports
from probes.engine.syn.hops import Finder, StoppedError
from probes.engine.syn.lanes import Lanes
from probes.engine.syn.post import Post
from probes.engine.syn.protocol import Count, Failed, Order
from probes.engine.syn.routes import UnfitError, Way, legs_of
from probes.engine.syn.sweep import Ear, Sweep
from probes.engine.syn.targets import Space
from probes.engine.syn.throttle import Throttle
from probes.engine.syn.wall import Wall
from probes.engine.syn.wire import Inlet, Outlet

_LOCAL_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


Judge = Callable[[Sequence[Run]], None]
"""Raises UnfitError where a plan is not to be looked at."""


def serve(reading: int, writing: int, judge: Judge = lambda _: None) -> None:
    """Do what the order that comes says; every failure is told, none is raised.

    `judge` has a word on the plan beside the wall's. An order for nothing (it stops where it starts) only tells whether
    the plan could be looked at, and sends nothing.
    """
    post = Post(reading, writing)
    try:
        order = post.order()
        judge(order.runs)
        _serve(post, order)
    except StoppedError:
        post.tell(Count())
    except (UnfitError, OSError, ValueError, msgspec.DecodeError) as fault:
        post.tell(Failed(str(fault) or repr(fault)))
    except Exception as fault:  # noqa: BLE001 - the wall: the parent must learn of it, and has nothing else to read
        post.tell(Failed(f"the sender broke: {fault!r}"))
    os.set_blocking(writing, True)
    post.flush()


def own_ports() -> int:
    """The first of our source ports; see `free_ports`. Raises ValueError, OSError."""
    low, high = _LOCAL_PORTS.read_text().split()
    return free_ports(int(low), int(high))


def _serve(post: Post, order: Order) -> None:
    runs = order.runs
    wall = Wall(runs, order.ports_never)
    space = Space(runs, legs_of(runs))
    if not 0 <= order.start <= order.stop_at <= Permutation(space.size, b"").size:
        raise ValueError(f"counters {order.start}..{order.stop_at} are not in this plan's order")
    cookies = Cookies(secrets.token_bytes(16), own_ports())
    outlets, inlets = _sockets(space.ways, cookies.first_port)
    sockets = {one.socket.fileno() for one in outlets.values()} | {one.socket.fileno() for one in inlets}
    privilege.close_others({0, 1, 2, post.reading, post.writing} | sockets)
    privilege.drop()
    if order.start == order.stop_at:
        post.tell(Count(cursor=order.start, finished=True))
        return
    throttle = Throttle(order.rate)
    ear = Ear(inlets, cookies, wall)
    hops = Finder(space, runs, outlets, ear, throttle, post).find()
    lanes = Lanes(space, wall, cookies, hops, [outlets[way.number] for way in space.ways])
    sweep = Sweep(order, lanes, ear, throttle, post, space.size)
    sweep.run()
    sweep.finish()


def _sockets(ways: Sequence[Way], first_port: int) -> tuple[dict[int, Outlet], list[Inlet]]:
    """Two packet sockets for each interface that is sent over."""
    outlets: dict[int, Outlet] = {}
    inlets = []
    for way in ways:
        if way.number in outlets:
            continue
        own = [one for one in ways if one.number == way.number]
        near = any(one.family == 4 and one.gateway is None for one in own)
        outlets[way.number] = Outlet(way.interface)
        inlets.append(Inlet(way.interface, program(first_port, [(one.family, one.source) for one in own], arp=near)))
    return outlets, inlets


def command() -> list[str]:
    """The command line that starts the sender in a process of its own, wherever the house stands."""
    import livebom

    parent = str(Path(livebom.__file__).resolve().parent.parent)
    # livebom puts its house on the path; -P and / as the folder keep out whatever lies where the user stands
    find = f"import sys; sys.path.append({parent!r}); import livebom"
    return [sys.executable, "-P", "-c", f"{find}; from probes.engine.syn.sender import serve; serve(0, 1)"]


def environment() -> dict[str, str]:
    """Of the parent's environment only what finds Python's parts; and no second thread, which would keep privileges."""
    kept = {
        name: value for name in ("LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "TZ") if (value := os.environ.get(name))
    }
    return kept | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def unfit(runs: Sequence[Run]) -> str:
    """Why the sender cannot look at this plan from here, in words; empty where it can. Sends nothing."""
    if sys.platform != "linux" or sys.maxsize < 1 << 32:
        return "it needs 64-bit Linux"
    if not privilege.may_send_frames():
        return "it needs the capability CAP_NET_RAW, which this process does not hold"
    try:
        Wall(runs)
        legs_of(runs)
        own_ports()
    except (UnfitError, ValueError) as fault:
        return str(fault)
    except OSError as fault:
        return f"the kernel does not tell the way: {fault.strerror}"
    return ""
