"""Parent and sender: messages whole and in order, a parent that is slow, and a sender process that is told nonsense."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.net.pace import Pace
from livebom.net.ranges import Range
from probes.engine.plan import Block, Run, make_plan
from probes.engine.syn import post as postal
from probes.engine.syn import sender
from probes.engine.syn.post import Post
from probes.engine.syn.protocol import Count, Failed, Found, Frames, Message, Order, Taken, framed, stretches
from probes.engine.tally import Tally
from probes.sources import Hunt, syn

RUNS = (Run(0x7F000001, 0x7F000001, 4, (80,)), Run(1 << 127, (1 << 127) + 5, 6, (1, 65535)))


def order(*runs: Run) -> Order:
    return Order(stretches=stretches(runs), key=b"key", start=0, stop_at=1, rate=10.0, timeout=0.1, retries=0)


@given(st.lists(st.integers(1, 40), max_size=40))
def test_messages_come_whole_however_they_are_cut(cuts: list[int]) -> None:
    sent: list[Message] = [Found((("198.18.0.1", 80),)), Count(sent=5, cursor=7), Failed("no"), Count(finished=True)]
    data, frames, got = b"".join(framed(one) for one in sent), Frames(), list[Message]()
    for cut in [*cuts, len(data)]:
        got += [msgspec.msgpack.decode(one, type=Message) for one in frames.feed(data[:cut])]
        data = data[cut:]
    assert got == sent


def test_an_order_holds_addresses_of_any_length() -> None:
    sent = order(*RUNS)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=Order).runs == RUNS


def test_a_message_that_claims_to_be_endless_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        list(Frames().feed(b"\xff\xff\xff\xff"))


@pytest.fixture
def pipes() -> Iterator[tuple[int, int, int, int]]:
    """Ours to read, the parent's to write, the parent's to read, ours to write."""
    ours, parents = os.pipe(), os.pipe()
    ends = (*ours, *parents)
    yield ends
    for end in ends:
        with suppress(OSError):  # closed by the test
            os.close(end)


def test_a_parent_that_takes_nothing_holds_up_and_its_end_is_heard(
    pipes: tuple[int, int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, telling, hearing, writing = pipes
    os.write(telling, framed(order(*RUNS)))
    post = Post(reading, writing)
    assert post.order().runs == RUNS
    post.found([("198.18.0.1", port) for port in range(postal.MOST_UNTAKEN)])
    assert not post.held_up
    post.found([("198.18.0.2", 1)])
    assert post.held_up
    frames = Frames()
    told = [msgspec.msgpack.decode(one, type=Message) for one in frames.feed(os.read(hearing, 1 << 16))]
    assert sum(len(one.places) for one in told if isinstance(one, Found)) == postal.MOST_UNTAKEN + 1
    os.write(telling, framed(Taken(postal.MOST_UNTAKEN)))
    post.listen()
    assert not post.held_up
    monkeypatch.setattr(postal, "PATIENCE", 0.0)
    assert post.held_up
    os.close(telling)
    post.listen()
    assert post.ended


def test_a_full_pipe_keeps_messages_and_waits_for_nobody(pipes: tuple[int, int, int, int]) -> None:
    reading, telling, hearing, writing = pipes
    os.set_blocking(writing, False)
    post = Post(reading, writing)
    began = time.monotonic()
    for _ in range(3000):
        post.tell(Count(sent=1))
    assert time.monotonic() - began < 5
    assert post.unsent
    frames, got = Frames(), 0
    while post.unsent:
        got += len(list(frames.feed(os.read(hearing, 1 << 16))))
        post.flush()
    got += len(list(frames.feed(os.read(hearing, 1 << 16))))
    assert got == 3000
    os.close(telling)


def answers(data: bytes, cwd: Path) -> list[Message]:
    """What a sender process says when it is given these bytes."""
    done = subprocess.run(
        sender.command(), input=data, capture_output=True, env=sender.environment(), cwd=cwd, check=True, timeout=30
    )
    return [msgspec.msgpack.decode(one, type=Message) for one in Frames().feed(done.stdout)]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (framed(order(RUNS[0])), "loopback"),
        (framed(Count()), "Object missing required field"),
        (b"", "no order"),
    ],
)
def test_the_sender_process_tells_why_it_does_not_look(data: bytes, word: str, tmp_path: Path) -> None:
    (failed,) = answers(data, tmp_path)
    assert isinstance(failed, Failed)
    assert word in failed.reason


def test_the_source_refuses_loopback_in_words() -> None:
    plan = make_plan([Block((Range(0x7F000001, 0x7F000009, 4),), (80,))])
    hunt = Hunt(
        plan=plan,
        key=b"",
        pace=Pace(10),
        allowed=lambda _address, _port: True,
        on_open=lambda _found: None,
        stop=lambda: False,
        tally=Tally(),
    )
    assert "loopback" in syn.refusal(hunt) or "CAP_NET_RAW" in syn.refusal(hunt)
    with pytest.raises(ValueError, match=r"loopback|CAP_NET_RAW"):
        syn.find(hunt)


def test_the_sender_gets_no_secret_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "hidden")
    assert "SOME_TOKEN" not in sender.environment()
