"""The connect path, on real sockets of 127.0.0.0/8 and ::1: every kind of answer, the bounds, and how it ends."""

import json
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import pytest

from livebom.net.caps import Caps
from livebom.net.pace import Pace
from livebom.net.ranges import Range
from probes.engine.connect import connect_sweep, stride
from probes.engine.errors import to_itself
from probes.engine.permute import Permutation
from probes.engine.plan import Block, Plan, make_plan
from probes.engine.room import room
from probes.engine.tally import Open, Tally

ROOT = Path(__file__).resolve().parents[3]
CLOSED = 9
"""The discard port: nobody listens on it."""


def never() -> bool:
    return False


def order_value(order: Permutation, counter: int) -> int:
    """The value of one counter of the order."""
    return int(order.values(np.array([counter], dtype=np.uint64))[0])


def plan_of(*places: tuple[str, int]) -> Plan:
    """A plan of single places."""
    ports: dict[str, list[int]] = {}
    for address, port in places:
        ports.setdefault(address, []).append(port)
    parsed = [(ip_address(address), tuple(its)) for address, its in ports.items()]
    return make_plan([Block((Range(int(one), int(one), one.version),), its) for one, its in parsed])


def network(last: str, ports: Sequence[int] = (CLOSED,)) -> Plan:
    """127.77.0.1 to `last`."""
    return make_plan([Block((Range(0x7F4D0001, int(ip_address(last)), 4),), tuple(ports))])


def swept(
    plan: Plan,
    *,
    rate: float = 0,
    timeout: float = 0.2,
    retries: int = 1,
    in_flight: int | None = None,
    on_open: Callable[[list[Open]], None] = lambda found: None,
    stop: Callable[[], bool] = never,
    tally: Tally | None = None,
) -> Tally:
    """The whole plan, in the order of one key."""
    return connect_sweep(
        plan,
        Permutation(len(plan), b"key").walk(),
        Pace(rate),
        timeout=timeout,
        retries=retries,
        in_flight=in_flight,
        on_open=on_open,
        stop=stop,
        tally=tally,
    )


@contextmanager
def listening(address: str, port: int = 0, backlog: int = 64) -> Iterator[int]:
    """A listener that accepts nothing by itself; its port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as sock:
        sock.bind((address, port))
        sock.listen(backlog)
        yield sock.getsockname()[1]


@contextmanager
def silence(count: int) -> Iterator[list[tuple[str, int]]]:
    """Places that answer no SYN: their accept queue is full (listen(2), backlog 0 holds one connection)."""
    with ExitStack() as stack:
        places = []
        for number in range(count):
            address = f"127.77.7.{number + 1}"
            port = stack.enter_context(listening(address, backlog=0))
            stack.enter_context(closing(socket.create_connection((address, port), timeout=5)))
            places.append((address, port))
        yield places


def test_open_and_closed_ports_are_told_apart() -> None:
    found: list[Open] = []
    with listening("127.77.5.1") as first, listening("127.77.5.77") as second:
        plan = make_plan([Block((Range(0x7F4D0500, 0x7F4D05FF, 4),), (first, second, CLOSED))])
        tally = swept(plan, on_open=found.extend)
    assert {(one.address, one.port) for one in found} == {("127.77.5.1", first), ("127.77.5.77", second)}
    assert all(0 < one.rtt < 5 for one in found)
    assert (tally.open, tally.refused, tally.tried, tally.sent) == (2, 766, 768, 768)
    assert tally.complete
    assert (tally.in_flight, tally.cursor) == (0, 1024)


def test_both_families_in_one_sweep() -> None:
    found: list[Open] = []
    with listening("::1") as six, listening("127.0.0.1") as four:
        tally = swept(plan_of(("::1", six), ("127.0.0.1", four), ("::1", CLOSED)), on_open=found.extend)
    assert {(one.address, one.port) for one in found} == {("::1", six), ("127.0.0.1", four)}
    assert (tally.refused, tally.complete) == (1, True)


def test_silent_targets_are_tried_again_and_others_are_not() -> None:
    with silence(3) as places, listening("127.77.5.1") as port:
        tally = swept(plan_of(*places, ("127.77.5.1", port), ("127.77.5.1", CLOSED)), timeout=0.1, retries=2)
    assert (tally.silent, tally.open, tally.refused) == (3, 1, 1)
    assert tally.sent == 3 * 3 + 2
    assert tally.complete


def test_a_silent_target_that_wakes_up_is_found_by_the_retry() -> None:
    found: list[Open] = []
    with socket.socket() as listener:
        listener.bind(("127.77.7.1", 0))
        listener.listen(0)
        place = listener.getsockname()
        with socket.create_connection(place, timeout=5):
            plan, tally = plan_of(place), Tally()
            sent_again = threading.Event()

            def accept_later() -> bool:
                if tally.sent == 1 and not tally.in_flight and not sent_again.is_set():
                    listener.accept()[0].close()
                    sent_again.set()
                return False

            # `stop` is asked once a turn, also between the first try's end and the second try.
            swept(plan, timeout=0.1, on_open=found.extend, stop=accept_later, tally=tally)
    assert sent_again.is_set()
    assert (tally.sent, tally.open, tally.silent) == (2, 1, 0)
    assert [(one.address, one.port) for one in found] == [place]


def test_no_route_counts_as_unreachable() -> None:
    tally = swept(plan_of(("127.255.255.255", CLOSED), ("127.0.0.1", CLOSED)))  # a broadcast address: ENETUNREACH
    assert (tally.unreachable, tally.refused, tally.sent) == (1, 1, 2)
    assert tally.complete


def test_no_more_than_allowed_are_in_flight() -> None:
    peak = 0
    tally = Tally()

    def watch() -> bool:
        nonlocal peak
        peak = max(peak, tally.in_flight)
        return False

    with silence(12) as places:
        plan = plan_of(*places)
        began = time.monotonic()
        swept(plan, timeout=0.1, retries=0, in_flight=4, stop=watch, tally=tally)
    assert peak == 4
    assert time.monotonic() - began >= 0.3  # three times four
    assert tally.silent == 12


def test_the_pace_holds_for_the_sweep() -> None:
    began = time.monotonic()
    tally = swept(network("127.77.0.60"), rate=500)
    elapsed = time.monotonic() - began
    assert tally.refused == 60
    assert elapsed >= 59 / 500 - 0.01


def test_open_ports_are_handed_over_while_the_sweep_goes_on() -> None:
    seen: list[tuple[int, bool]] = []
    tally = Tally()
    with listening("127.77.0.1") as port:
        plan = network("127.77.0.100", (port, CLOSED))
        swept(plan, rate=1000, on_open=lambda found: seen.append((len(found), tally.finished)), tally=tally)
    assert seen == [(1, False)]


def test_it_stops_when_told_to_and_says_so() -> None:
    tally = Tally()
    plan = network("127.77.255.254", (CLOSED, 10, 11))
    began = time.monotonic()
    swept(plan, rate=500, stop=lambda: tally.refused >= 20, tally=tally)
    assert time.monotonic() - began < 5
    assert tally.stopped
    assert not tally.complete
    assert 20 <= tally.tried < 200
    assert tally.in_flight == 0


def test_a_stopped_sweep_goes_on_where_it_was() -> None:
    found: list[Open] = []
    tally = Tally()
    with listening("127.77.3.3") as port:
        plan = network("127.77.31.255", (port, CLOSED))
        permutation = Permutation(len(plan), b"key")

        def part(start: int, stop: Callable[[], bool]) -> Tally:
            return connect_sweep(plan, permutation.walk(start), Pace(0), on_open=found.extend, stop=stop, tally=tally)

        part(0, lambda: tally.tried > 5000)
        cursor = tally.cursor
        assert cursor is not None
        assert 0 < cursor < permutation.size
        before, tally = tally.tried, Tally()
        assert part(cursor, never).complete
    assert len(plan) <= before + tally.tried < 2 * len(plan)  # nothing left out, not all of it again
    assert tally.cursor == permutation.size
    assert {(one.address, one.port) for one in found} == {("127.77.3.3", port)}


def test_the_cursor_never_passes_what_is_not_handed_over_or_not_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.engine.connect.MARKED", 0.002)
    found: list[Open] = []
    tally = Tally()
    cursors: list[int | None] = []
    with ExitStack() as stack:
        places = [("127.77.0.1", stack.enter_context(listening("127.77.0.1"))) for _ in range(20)]
        [mute] = stack.enter_context(silence(1))
        plan = plan_of(*places, mute, *((f"127.77.0.{number}", CLOSED) for number in range(1, 200)))
        order = Permutation(len(plan), b"key")
        counters = {plan.at(value): at for at in range(order.size) if (value := order_value(order, at)) < len(plan)}

        def look() -> bool:
            cursors.append(tally.cursor)
            passed = {place for place, at in counters.items() if at < (tally.cursor or 0)}
            assert passed.intersection(places) <= {(one.address, one.port) for one in found}
            assert mute not in passed or tally.silent
            assert len(passed) <= tally.tried
            counted = tally.settled[1] if tally.settled else Tally()
            assert counted.tried == len(passed)
            assert counted.open == len(passed.intersection(places))
            return False

        walk = order.walk(batch=8)
        connect_sweep(plan, walk, Pace(1500), timeout=0.05, on_open=found.extend, stop=look, tally=tally)
    assert tally.complete
    assert len(set(cursors)) > 5
    assert tally.cursor == order.size
    assert sorted((one.address, one.port) for one in found) == sorted(places)


def test_a_slow_sweep_takes_small_batches() -> None:
    assert [stride(rate) for rate in (1, 100, 1000, 100_000, 0)] == [16, 16, 100, 2048, 2048]


@pytest.mark.parametrize(("per_host", "per_net"), [(400, 0), (0, 400), (500, 400)])
def test_one_host_gets_no_more_than_its_share(per_host: float, per_net: float) -> None:
    caps = Caps(per_host, per_net, loopback=True)
    places = [(f"127.77.0.{1 + number % (1 if per_host == 400 else 40)}", 10 + number) for number in range(40)]
    plan = plan_of(*places)
    began = time.monotonic()
    order = Permutation(len(plan), b"key").walk()
    tally = connect_sweep(plan, order, Pace(0, caps=caps), on_open=lambda found: None, stop=never)
    assert time.monotonic() - began >= 39 / 400 - 0.01
    assert (tally.refused, tally.sent) == (40, 40)
    assert tally.complete


def test_more_targets_of_one_host_than_may_be_kept_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.engine.connect.KEPT", 50)
    plan = plan_of(*(("127.77.0.1", 10 + number) for number in range(300)), ("127.77.1.1", CLOSED))
    pace = Pace(0, caps=Caps(2000, 0, loopback=True))
    tally = connect_sweep(
        plan, Permutation(len(plan), b"key").walk(), pace, on_open=lambda found: None, stop=never, in_flight=3
    )
    assert (tally.refused, tally.sent) == (301, 301)
    assert tally.complete


def test_a_full_table_of_connections_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "nf_conntrack_max").write_text("100\n")
    (tmp_path / "nf_conntrack_count").write_text("90\n")
    peak, tally = 0, Tally()

    def watch() -> bool:
        nonlocal peak
        peak = max(peak, tally.in_flight)
        return False

    with silence(10) as places:
        plan = plan_of(*places)
        order = Permutation(len(plan), b"key").walk()
        connect_sweep(
            plan, order, Pace(0), timeout=0.05, retries=0, on_open=print, stop=watch, tally=tally, conntrack=tmp_path
        )
    assert peak == 5
    assert (tally.silent, tally.complete) == (10, True)


def test_shards_together_look_at_everything_once() -> None:
    plan = network("127.77.3.255")
    permutation = Permutation(len(plan), b"key")
    half = permutation.size // 2
    tallies = [
        connect_sweep(plan, permutation.walk(*shard), Pace(0), on_open=lambda found: None, stop=never)
        for shard in ((0, half), (half, None))
    ]
    assert sum(tally.refused for tally in tallies) == len(plan)
    assert all(tally.complete for tally in tallies)


@contextmanager
def descriptors(spare: int) -> Iterator[None]:
    """Leave this process so many unused file descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_now = max(int(entry.name) for entry in Path("/proc/self/fd").iterdir()) + 1
    held = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + spare, hard))
        with ExitStack() as stack:
            try:  # fill the gaps below the highest number
                while True:
                    held.append(stack.enter_context(closing(socket.socket())))
            except OSError:
                for sock in held[-spare:]:
                    sock.close()
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_too_few_file_descriptors_lose_nothing() -> None:
    found: list[Open] = []
    with listening("127.77.2.2") as port:
        plan = network("127.77.3.255", (port,))
        with descriptors(spare=12):
            tally = swept(plan, in_flight=500, on_open=found.extend)
    assert (tally.open, tally.refused, tally.lost) == (1, 1022, 0)
    assert tally.complete


@pytest.mark.slow
def test_silence_that_holds_the_last_descriptors_is_waited_for() -> None:
    with silence(20) as places:
        plan = plan_of(*places)
        with descriptors(spare=8):
            tally = swept(plan, timeout=0.1, retries=0, in_flight=500)
    assert (tally.silent, tally.lost) == (20, 0)
    assert tally.complete


def test_without_any_descriptor_it_gives_up_and_says_what_was_lost() -> None:
    with descriptors(spare=1):  # enough for the epoll
        tally = swept(network("127.77.0.10"), timeout=0.05)
    assert tally.lost == 10
    assert not tally.finished
    assert not tally.complete


def test_all_descriptors_are_given_back() -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    with silence(2) as places, listening("127.77.5.1") as port:
        held = count()
        tally = Tally()
        plan = plan_of(*places, ("127.77.5.1", port), ("127.77.5.1", CLOSED))
        swept(plan, stop=lambda: tally.tried == 2, tally=tally)
        assert tally.stopped
        assert count() == held
    assert count() == before


def test_what_the_receiver_raises_ends_the_sweep() -> None:
    def refuse(found: list[Open]) -> None:
        raise RuntimeError("no room")

    with listening("127.77.5.1") as port, pytest.raises(RuntimeError, match="no room"):
        swept(plan_of(("127.77.5.1", port)), on_open=refuse)


def test_no_connection_is_left_behind() -> None:
    """A found port is left with a reset, which leaves no TIME_WAIT behind."""
    with listening("127.77.5.1") as port:
        swept(plan_of(("127.77.5.1", port)))
        place = f"01054D7F:{port:04X}"
        states = [line.split()[3] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if place in line]
    assert states == ["0A"]  # the listener alone


def test_a_socket_connected_to_itself_is_known() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.connect(sock.getsockname())
        assert to_itself(sock)
    with listening("127.0.0.1") as port, socket.create_connection(("127.0.0.1", port), timeout=5) as real:
        assert not to_itself(real)


ALONE = """
import fcntl, json, socket, struct
from pathlib import Path
from livebom.net.pace import Pace
from livebom.net.ranges import Range
from probes.engine.connect import connect_sweep, stride
from probes.engine.permute import Permutation
from probes.engine.plan import Block, make_plan

Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("40000 40000")
with socket.socket() as sock:
    fcntl.ioctl(sock, 0x8914, struct.pack("16sH14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP


def swept(last, port, stop=lambda: False):
    plan = make_plan([Block((Range(0x7F000001, 0x7F000000 + last, 4),), (port,))])
    order = Permutation(len(plan), b"").walk()
    tally = connect_sweep(plan, order, Pace(0), timeout=0.05, on_open=lambda found: None, stop=stop)
    print(json.dumps([tally.open, tally.refused, tally.lost, tally.complete]))


"""


def alone(script: str) -> list[object]:
    """Run the script on a loopback of its own (a network namespace), where the only local port is 40000."""
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c"]
    try:
        subprocess.run([*command, ""], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no network namespaces for this user")
    done = subprocess.run([*command, ALONE + script], check=True, capture_output=True, cwd=ROOT, timeout=50)
    answer: list[object] = json.loads(done.stdout)
    return answer


def test_a_connect_that_meets_itself_is_not_an_open_port() -> None:
    """Nobody listens on port 40000, and the kernel can give the connect no other port of its own."""
    assert alone("swept(1, 40000)") == [0, 1, 0, True]


@pytest.mark.slow
def test_without_local_ports_it_waits_until_there_are_some() -> None:
    script = """
held = socket.create_server(("0.0.0.0", 40000))
turns = iter(range(5))


def let_go():
    if next(turns, None) is None:
        held.close()
    return False


swept(200, 9, let_go)
"""
    assert alone(script) == [0, 200, 0, True]


@pytest.mark.slow
def test_where_no_local_port_is_ever_free_it_gives_up() -> None:
    script = """
held = socket.create_server(("0.0.0.0", 40000))
swept(20, 9)
"""
    assert alone(script) == [0, 0, 20, False]


def test_the_room_is_bounded_by_descriptors_and_by_the_rate() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1000, hard))
        assert room(0, 1.0) == 600
        assert room(100, 0.5) == 50
        assert room(1, 0.1) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_numbers_that_make_no_sense_are_refused() -> None:
    plan = network("127.77.0.1")
    with pytest.raises(ValueError, match="timeout=0"):
        swept(plan, timeout=0)
    with pytest.raises(ValueError, match="retries=-1"):
        swept(plan, retries=-1)
    with pytest.raises(ValueError, match="in_flight=0"):
        swept(plan, in_flight=0)
