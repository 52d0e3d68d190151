"""Servers of this host are asked like any other: at their second address where the first is silent, until cancelled."""

import socket
import time

import anyio

from livebom.bom.observation import Outcome
from livebom.net.pace import Pace
from livebom.surfaces import load_catalog
from probes.inspect import Seen
from probes.local.asking import Asked, ask
from probes.local.choosing import Manner, Place
from probes.local.inside import Entrance
from tests.lab import Lab

HOW = Manner(user_agent="test", key=b"k", rate=20_000, timeout=1.0)


def place(host: str, port: int, also: str = "", shown: str = "") -> Place:
    entrance = Entrance(namespace="this host", host=host, port=port, pid=0, start=0, workload="w")
    return Place(entrance=entrance, zone="z", exposure="public", shown=shown or host, also=also)


def asked(*places: Place, how: Manner = HOW) -> tuple[Asked, list[tuple[Seen, str]]]:
    taken: list[tuple[Seen, str]] = []
    pace = Pace(how.rate)
    done = anyio.run(lambda: ask(places, load_catalog(), how, lambda seen, whose: taken.append((seen, whose)), pace))
    return done, taken


def test_a_socket_on_all_addresses_is_tried_at_each_loopback_and_told_as_it_is(lab: Lab) -> None:
    there = lab.add("vllm-0.32.0-default")
    nobody = lab.address()
    done, taken = asked(place(nobody, there.port, there.host, "::"), place(nobody, there.port + 1, nobody))

    by_port = {seen.service.port: seen for seen, whose in taken if whose == "w"}
    answered, silent = by_port[there.port], by_port[there.port + 1]
    assert (answered.service.host, answered.service.product, answered.service.exposure) == ("::", "vllm", "public")
    assert answered.listener.host == there.host  # whom the ledger says was asked
    assert silent.service.outcome is Outcome.REFUSED
    assert len(taken) == 2
    assert done.complete
    assert done.requests == answered.service.requests


def test_a_look_for_some_products_says_nothing_of_others() -> None:
    assert not asked()[0].partial
    some = Manner(user_agent="test", key=b"k", ports=(1,))
    assert asked(how=some)[0].partial


def test_cancelling_ends_a_conversation_with_somebody_who_says_nothing(lab: Lab) -> None:
    with socket.create_server((lab.address(), 0)) as mute:
        host, port = mute.getsockname()

        async def cut() -> None:
            with anyio.move_on_after(0.3):
                await ask([place(host, port)], load_catalog(), HOW, lambda *_: None, Pace(HOW.rate))

        began = time.monotonic()
        anyio.run(cut)
        assert time.monotonic() - began < 2.0  # a conversation may take 15 s


def test_when_the_time_of_all_is_up_the_rest_is_told(lab: Lab) -> None:
    with socket.create_server((lab.address(), 0)) as mute:
        host, port = mute.getsockname()
        short = Manner(user_agent="test", key=b"k", seconds=0.2)
        done, taken = asked(place(host, port), how=short)

    assert taken == []
    assert not done.complete
    assert done.not_seen == (
        f"1 servers that only this host reaches, no conversation with them: {host} port {port} in this host",
    )
