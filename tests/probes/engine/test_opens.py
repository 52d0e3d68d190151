"""Connections that begin elsewhere: the stage takes them over as its own."""

import errno
import os
import socket

from msgspec.structs import replace

from livebom.bom.observation import Outcome
from probes.engine.link import socket_address
from tests.probes.engine.peers import OK, Peer, ask, asking, have, keeping


def begun(address: str, port: int) -> socket.socket:
    """A connection on its way."""
    family, target = socket_address(address, port)
    made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    made.connect_ex(target)
    return made


def test_each_connection_of_a_job_is_made_by_its_own_door() -> None:
    made: list[tuple[str, int]] = []

    def door(address: str, port: int) -> socket.socket:
        made.append((address, port))
        return begun("127.0.0.1", peer.port)

    with Peer(keeping(OK + b"more than it said")) as peer:
        job = replace(peer.job(asking(ask("/a"), ask("/b"))), address="127.0.0.9", port=9, opens=door)
        ((_, replies, fault),) = have([job])

    assert fault is None
    assert [reply.status for reply in replies] == [200, 200]
    assert made == [("127.0.0.9", 9)] * 2
    assert peer.connections == 2


def test_a_door_that_stays_shut_is_an_outcome() -> None:
    def door(address: str, port: int) -> socket.socket:
        raise OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))

    with Peer(keeping()) as peer:
        ((_, replies, fault),) = have([replace(peer.job(asking(ask())), opens=door)])

    assert fault is None
    assert [reply.outcome for reply in replies] == [Outcome.REFUSED]
    assert peer.connections == 0


def test_nothing_is_begun_out_of_scope() -> None:
    def door(address: str, port: int) -> socket.socket:
        raise AssertionError("begun")

    with Peer(keeping()) as peer:
        job = replace(peer.job(asking(ask())), opens=door)
        ((_, replies, _),) = have([job], allowed=lambda address, port: False)

    assert [reply.outcome for reply in replies] == [Outcome.OUT_OF_SCOPE]
