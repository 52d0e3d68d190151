"""Many conversations at once: scope, pace, deadlines, the wall around each, and hostile peers that delay nobody."""

import itertools
import socket
import threading
import time
from collections.abc import Generator
from typing import Any

import pytest

from livebom.bom.observation import Outcome
from livebom.net.pace import Pace
from livebom.net.reply import Ask, Reply
from probes.engine.http import Job, StoppedError
from tests.probes.engine.peers import (
    OK,
    Ending,
    Peer,
    Tokens,
    ask,
    asking,
    dripping,
    flowing,
    have,
    hold,
    keeping,
    make_talker,
    meet,
    read_request,
    running,
    serving,
)

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def outcomes(replies: list[Reply]) -> list[Outcome]:
    return [reply.outcome for reply in replies]


# -- scope, pace, deadlines --------------------------------------------------------------------------------------------


def test_outside_the_scope_nothing_is_sent() -> None:
    with Peer(keeping()) as peer:
        replies = meet(peer, ask(), ask(), allowed=lambda _host, _port: False)
        assert outcomes(replies) == [Outcome.OUT_OF_SCOPE] * 2
    assert peer.connections == 0


def test_the_scope_is_asked_before_each_connection() -> None:
    asked: list[tuple[str, int]] = []

    def once(host: str, port: int) -> bool:
        asked.append((host, port))
        return len(asked) == 1

    with Peer(serving(OK)) as peer:
        replies = meet(peer, ask(), ask(), allowed=once)
    assert outcomes(replies) == [Outcome.OK, Outcome.OUT_OF_SCOPE]
    assert asked == [("127.0.0.1", peer.port)] * 2


def test_a_scope_that_fails_lets_nothing_out() -> None:
    def broken(_host: str, _port: int) -> bool:
        raise LookupError("no scope")

    with Peer(keeping()) as peer:
        ((_, _, fault),) = have([peer.job(asking(ask()))], allowed=broken)
    assert isinstance(fault, LookupError)
    assert peer.connections == 0


def test_every_connection_and_every_request_has_its_token() -> None:
    tokens = Tokens()
    with Peer(keeping()) as peer:
        meet(peer, ask(), ask(), ask(), pace=tokens)
    assert tokens.taken == 1 + 3


def test_the_pace_is_kept() -> None:
    with Peer(keeping()) as peer:
        began = time.monotonic()
        have([peer.job(asking(ask(), ask()))] * 4, pace=Pace(40.0))
        spent = time.monotonic() - began
    assert spent >= (4 * 3 - 2) / 40  # one token is there at the start


def test_the_counters_count() -> None:
    endings: list[Ending] = []
    talker = make_talker(endings)
    with Peer(keeping()) as peer:
        talker.submit(peer.job(asking(ask(), ask())))
        talker.close()
        talker.run()
    assert (talker.asked, talker.connections, talker.bytes_read) == (2, 1, 2 * len(OK))


def test_when_its_time_is_up_a_conversation_can_still_tell_what_it_has() -> None:
    handler = serving(OK)

    def served_once(connection: socket.socket) -> None:
        handler(connection)
        hold(connection)

    with Peer(served_once) as peer:
        replies = meet(peer, *[ask(str(f"/{n}")) for n in range(20)], deadline=0.3)
    assert outcomes(replies) == [Outcome.OK] + [Outcome.GAVE_UP] * 19
    assert peer.connections == 1


def test_a_conversation_that_never_ends_is_closed() -> None:
    def talk() -> Generator[Ask, Reply, None]:
        while True:
            yield ask()

    with Peer(hold) as peer:
        ((_, result, fault),) = have([peer.job(talk, deadline=0.2)])
    assert result is None
    assert isinstance(fault, StoppedError)


# -- the wall ----------------------------------------------------------------------------------------------------------


def failing(fault: BaseException) -> Any:
    def talk() -> Generator[Ask, Reply, None]:
        yield ask()
        raise fault

    return talk


def too_deep() -> Generator[Ask, Reply, None]:
    yield ask()

    def down(n: int) -> int:
        return down(n + 1)

    down(0)


def no_conversation() -> Generator[Ask, Reply, None]:
    raise KeyError("made wrong")


def no_ask() -> Generator[Any, Reply, None]:
    yield "not an ask"


def test_a_fault_ends_its_own_job_and_no_other() -> None:
    with Peer(keeping()) as peer:
        bad = [failing(ZeroDivisionError()), too_deep, no_conversation, no_ask, failing(StopIteration())]
        jobs = [peer.job(talk) for talk in bad]
        jobs += [Job(address="not.an.address", port=1, talk=asking(ask()), deadline=5.0)]
        jobs += [Job(address="127.0.0.1", port=0, talk=asking(ask()), deadline=5.0)]
        good = peer.job(asking(ask()))
        endings = have([*jobs, good])
    faults = {id(job): type(fault) for job, _, fault in endings}
    expected = [ZeroDivisionError, RecursionError, KeyError, AttributeError, RuntimeError, ValueError, ValueError]
    assert [faults[id(job)] for job in [*jobs, good]] == [*expected, type(None)]


@pytest.mark.slow
def test_hostile_peers_delay_nobody() -> None:
    hostile = [
        hold,
        dripping(HEAD, b"X: y\r\n", 0.02),
        dripping(HEAD + b"\r\n", b"a", 0.02),
        flowing(HEAD + b"Content-Length: 1000000000000\r\n\r\n", itertools.repeat(b"A" * 65536)),
        flowing(CHUNKED, itertools.repeat(b"1\r\nA\r\n" * 1000)),
    ]
    peers = [Peer(handler) for handler in hostile]
    with Peer(keeping()) as good, peers[0], peers[1], peers[2], peers[3], peers[4]:
        bad_jobs = [peer.job(asking(ask(deadline=1.5))) for peer in peers]
        good_jobs = [good.job(asking(ask(), ask())) for _ in range(50)]
        began = time.monotonic()
        finished: list[tuple[Job, float]] = []
        endings = have(
            [*bad_jobs, *good_jobs],
            per_host=60,
            done=lambda job, _result, _fault: finished.append((job, time.monotonic() - began)),
        )
    assert endings == []
    assert len(finished) == 55
    silent = next(at for job, at in finished if job is bad_jobs[0])
    assert silent >= 1.5
    assert max(at for job, at in finished if any(job is one for one in good_jobs)) < silent


# -- many jobs ---------------------------------------------------------------------------------------------------------


class Count:
    """How many of its conversations are held at once, by their own word: a peer learns late that one has ended."""

    def __init__(self, *asks: Ask) -> None:
        self.asks = asks
        self.now = self.most = 0

    def talk(self) -> Generator[Ask, Reply, Any]:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            yield from asking(*self.asks)()
        finally:
            self.now -= 1


def test_no_more_than_so_many_at_one_host_and_all_are_served() -> None:
    both, count = threading.Barrier(2, timeout=10), Count(ask())

    def handler(connection: socket.socket) -> None:
        read_request(connection)
        both.wait()
        connection.sendall(OK)

    with Peer(handler) as peer:
        endings = have([peer.job(count.talk) for _ in range(8)], per_host=2)
    assert [fault for _, _, fault in endings] == [None] * 8
    assert (count.most, count.now) == (2, 0)


def test_no_more_than_so_many_at_once() -> None:
    count = Count(ask(), ask())
    with Peer(keeping()) as peer:
        endings = have([peer.job(count.talk) for _ in range(20)], concurrency=3, per_host=10)
    assert len(endings) == 20
    assert (count.most, count.now) == (3, 0)


def test_jobs_come_from_other_threads_while_it_runs() -> None:
    endings: list[Ending] = []
    arrived = threading.Semaphore(0)

    def done(job: Job, result: Any, fault: BaseException | None) -> None:
        endings.append((job, result, fault))
        arrived.release()

    talker = make_talker([], done=done)
    with Peer(keeping()) as peer, running(talker) as thread:
        for _ in range(3):
            talker.submit(peer.job(asking(ask())))
            assert arrived.acquire(timeout=5)
        talker.close()
        thread.join(5)
        assert not thread.is_alive()
        with pytest.raises(RuntimeError):
            talker.submit(peer.job(asking(ask())))
    assert len(endings) == 3


def test_stopping_closes_and_reports_everything() -> None:
    endings: list[Ending] = []
    asked, closed = threading.Event(), threading.Event()

    def talk() -> Generator[Ask, Reply, None]:
        try:
            yield ask()
        except GeneratorExit:
            closed.set()
            raise

    def handler(connection: socket.socket) -> None:
        read_request(connection)
        asked.set()
        hold(connection)

    with Peer(handler) as peer:
        talker = make_talker(endings, per_host=1, concurrency=2)
        jobs = [peer.job(talk) for _ in range(3)]
        for job in jobs:
            talker.submit(job)
        with running(talker):
            assert asked.wait(5)
    assert closed.is_set()
    assert len(endings) == 3
    assert all(isinstance(fault, StoppedError) for _, _, fault in endings)
    talker.stop()  # once more does no harm


def test_stopped_before_it_began_it_sends_nothing() -> None:
    endings: list[Ending] = []
    talker = make_talker(endings)
    with Peer(keeping()) as peer:
        talker.submit(peer.job(asking(ask())))
        talker.stop()
        talker.run()
    assert [type(fault) for _, _, fault in endings] == [StoppedError]
    assert (peer.connections, talker.connections) == (0, 0)


def test_what_done_raises_comes_out_and_nothing_stays_open() -> None:
    seen: list[Job] = []

    def done(job: Job, _result: Any, _fault: BaseException | None) -> None:
        seen.append(job)
        if len(seen) == 1:
            raise OSError("disk full")

    with Peer(keeping()) as peer:
        jobs = [peer.job(asking(ask())), peer.job(asking(ask(), ask()))]
        with pytest.raises(OSError, match="disk full"):
            have(jobs, done=done, per_host=1)
    assert len(seen) == 2
