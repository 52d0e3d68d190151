"""Conversations keep to what the caps leave one host, and one that waits for its share delays no other host."""

import time

from livebom.bom.observation import Outcome
from livebom.net.caps import Caps
from tests.probes.engine.peers import Peer, ask, asking, have, keeping


def test_connections_and_requests_count_for_their_host() -> None:
    with Peer(keeping()) as peer:
        began = time.monotonic()
        have([peer.job(asking(ask(), ask()))] * 4, caps=Caps(120, 0, loopback=True))
        spent = time.monotonic() - began
    assert spent >= (4 * 3 - 2) / 120 - 0.01  # the first connection and its request go together, at once


def test_a_host_that_has_had_its_share_delays_no_other() -> None:
    with Peer(keeping()) as busy, Peer(keeping(), host="127.0.0.2") as other:
        jobs = [busy.job(asking(ask(), ask(), ask()))] * 2 + [other.job(asking(ask()))]
        endings = have(jobs, caps=Caps(60, 0, loopback=True))
    assert [job.address for job, _, _ in endings] == ["127.0.0.2", "127.0.0.1", "127.0.0.1"]
    assert all(fault is None for _, _, fault in endings)


def test_whoever_waits_for_its_share_until_its_time_is_up_tells_what_it_has() -> None:
    with Peer(keeping()) as peer:
        [(_, replies, fault)] = have([peer.job(asking(ask(), ask()), deadline=0.1)], caps=Caps(0.01, 0, loopback=True))
    assert fault is None
    assert [reply.outcome for reply in replies] == [Outcome.OK, Outcome.GAVE_UP]
