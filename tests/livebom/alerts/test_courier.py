"""The courier: at least once, in order, each sink by itself, with waits that grow and an end to them."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import anyio
import pytest
import structlog
from msgspec import structs

from livebom.alerts import Alert, Carrier, Courier, Undelivered, carriers
from livebom.alerts.courier import FIRST_WAIT, LONGEST_WAIT, NO_SINK
from livebom.bom.alerting import File, LetterState, SecretFrom, Sink, Slack, Webhook
from tests.livebom.alerts.made import ORIGIN, SINK, Box, alerts, policy
from tests.livebom.alerts.servers import Hook, http
from tests.livebom.export.comparisons import CHANGES
from tests.sample import NOW

FAST = File(path="/x", per_minute=60_000)


class Told:
    """A carrier that keeps what it is given and fails as often as it is told."""

    def __init__(self, *failures: Exception | None) -> None:
        """Fail with these in turn, then no more."""
        self.failures = list(failures)
        self.got: list[str] = []
        self.wanted, self.enough = 0, anyio.Event()

    async def carry(self, alert: Alert, _at: datetime) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            raise failure
        self.got.append(alert.id)
        if len(self.got) == self.wanted:
            self.enough.set()


class Hanging:
    """A carrier that never comes back."""

    async def carry(self, _alert: Alert, _at: datetime) -> None:
        await anyio.sleep_forever()


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        """Begin when the alerts were made."""
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def posted(count: int = 3, *sinks: str) -> Box:
    box, names = Box(), sinks or ("soc",)
    box.post(alerts(CHANGES[:count], policy(**dict.fromkeys(names, SINK))))
    return box


def courier(box: Box, clock: Callable[[], datetime], **ways: tuple[Sink, Carrier]) -> Courier:
    return Courier(box, ways, clock=clock, chance=lambda: 1.0)


async def test_what_is_due_is_delivered_in_order_and_marked() -> None:
    box, way = posted(), Told()
    assert await courier(box, Clock(), soc=(FAST, way)).once() == 3
    assert way.got == list(box.held)
    assert {one.state for one in box.held.values()} == {LetterState.SENT}
    assert await courier(box, Clock(), soc=(FAST, way)).once() == 0


async def test_the_first_that_fails_holds_up_those_behind_it_and_waits_longer_each_time() -> None:
    box, clock = posted(), Clock()
    way = Told(*(Undelivered("down") for _ in range(12)))
    one = courier(box, clock, soc=(structs.replace(FAST, attempts=50), way))
    waits = []
    for _ in range(12):
        assert await one.once() == 0
        head = box.head("soc")
        assert head
        waits.append((head.due - clock.now).total_seconds())
        assert await one.once() == 0  # not due yet
        clock.now = head.due
    assert waits[:4] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 8 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT
    assert await one.once() == 3
    assert way.got == list(box.held)


async def test_waits_are_spread_and_never_shorter_than_the_other_side_asked() -> None:
    for chance, asked, wait in ((0.0, 0.0, FIRST_WAIT / 2), (0.5, 0.0, FIRST_WAIT * 0.75), (0.0, 90.0, 90.0)):
        box, clock = posted(1), Clock()
        way = Told(Undelivered("busy", wait=asked))
        await Courier(box, {"soc": (FAST, way)}, clock=clock, chance=lambda chance=chance: chance).once()  # type: ignore[misc]
        head = box.head("soc")
        assert head
        assert (head.due - NOW).total_seconds() == wait


async def test_after_its_attempts_a_letter_is_dead_and_the_next_one_goes() -> None:
    box, clock = posted(2), Clock()
    way = Told(*(Undelivered("down") for _ in range(3)))
    one = courier(box, clock, soc=(structs.replace(FAST, attempts=3), way))
    for _ in range(3):
        await one.once()
        clock.now += timedelta(hours=1)
    first, second = box.held.values()
    assert (first.state, first.attempts, first.told) == (LetterState.DEAD, 3, "down")
    assert await one.once() == 1
    assert way.got == [second.id]


async def test_what_will_never_be_taken_is_dead_at_once() -> None:
    box, way = posted(2), Told(Undelivered("422", hopeless=True))
    one = courier(box, Clock(), soc=(FAST, way))
    await one.once()
    assert next(iter(box.held.values())).state is LetterState.DEAD
    assert await one.once() == 1


async def test_a_letter_that_is_no_alert_is_dead_and_a_carriers_own_error_is_tried_again() -> None:
    box, way = posted(2), Told(ZeroDivisionError("with a secret in it"))
    broken, sound = box.held.values()
    box.held[broken.id] = structs.replace(broken, body=b'{"not": "one"}')
    one = courier(box, Clock(), soc=(FAST, way))
    await one.once()
    assert box.held[broken.id].state is LetterState.DEAD
    await one.once()
    assert box.held[sound.id].state is LetterState.WAITING
    assert box.held[sound.id].told == "an error of livebom's own: ZeroDivisionError"


async def test_a_slow_sink_holds_up_no_other() -> None:
    box, way = posted(2, "slow", "soc"), Told()
    way.wanted = 2
    slow = (structs.replace(FAST, deadline=30.0), Hanging())
    async with anyio.create_task_group() as group:
        group.start_soon(courier(box, Clock(), slow=slow, soc=(FAST, way)).run)
        with anyio.fail_after(5):
            await way.enough.wait()
        group.cancel_scope.cancel()
    assert {one.state for one in box.held.values() if one.sink == "slow"} == {LetterState.WAITING}


async def test_what_is_posted_later_goes_at_once_when_the_courier_is_woken() -> None:
    box, way = Box(), Told()
    way.wanted = 2
    one = courier(box, Clock(), soc=(FAST, way))
    async with anyio.create_task_group() as group:
        group.start_soon(one.run)
        await anyio.wait_all_tasks_blocked()
        box.post(alerts(CHANGES[:2]))
        one.wake()
        with anyio.fail_after(5):
            await way.enough.wait()
        group.cancel_scope.cancel()


async def test_a_sink_that_is_no_more_has_its_letters_given_up() -> None:
    box = posted(2, "old")
    await courier(box, Clock(), soc=(FAST, Told())).once()
    assert {(one.state, one.told) for one in box.held.values()} == {(LetterState.DEAD, NO_SINK)}


async def test_a_clock_that_was_set_back_does_not_hold_letters_for_years() -> None:
    box, way, clock = posted(1), Told(), Clock()
    clock.now = datetime(1990, 1, 1, tzinfo=UTC)
    assert await courier(box, clock, soc=(FAST, way)).once() == 1


async def test_what_was_delivered_and_not_marked_is_delivered_again_with_its_id() -> None:
    hook, box = Hook(), posted(1, "soc")
    [letter] = box.held.values()

    class Dying(Box):
        def sent(self, id_: str, at: datetime) -> None:
            raise OSError("the process ends here")

    async with http(hook) as port:
        sink = Webhook(url=f"http://127.0.0.1:{port}/", key=SecretFrom(environment="KEY"))
        ways = carriers(policy(soc=sink), {"KEY": "k" * 20}, ORIGIN)
        with pytest.raises(BaseExceptionGroup):
            await Courier(Dying(held=dict(box.held)), ways, clock=Clock()).once()
        later = Clock()
        later.now += timedelta(minutes=1)
        assert await Courier(box, ways, clock=later).once() == 1
    [first, again] = hook.got
    assert first[1]["webhook-id"] == again[1]["webhook-id"] == letter.id
    assert first[2] == again[2]
    assert int(again[1]["webhook-timestamp"]) - int(first[1]["webhook-timestamp"]) == 60


async def test_no_secret_stands_in_the_log_or_the_outbox(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    structlog.reset_defaults()  # whatever a command line has made of it in this process
    environment = {"KEY": "key-q8ZnT2wVkP0s4LmX", "SLACK": "/services/T0/B0/q8ZnT2wVkP"}
    async with http(Hook(500)) as port:
        url = f"http://127.0.0.1:{port}"
        ways = carriers(
            policy(
                hook=Webhook(url=url, key=SecretFrom(environment="KEY")),
                slack=Slack(url=url, path=SecretFrom(environment="SLACK")),
                bad=Webhook(url=url, key=SecretFrom(environment="SHORT")),
            ),
            {**environment, "SHORT": "q8ZnT2"},
            ORIGIN,
        )
        box = posted(2, "hook", "slack", "bad")
        await Courier(box, ways, clock=Clock()).once()
    out, err = capfd.readouterr()
    assert {one.told for one in box.held.values() if one.attempts} == {
        "127.0.0.1 answered 500",
        "the key is shorter than 16 bytes",
    }
    assert out.count("alert not delivered") + err.count("alert not delivered") == 3
    assert "q8ZnT2" not in caplog.text + out + err + repr(box.held)
    assert "secret words of the other side" not in caplog.text + out + err + repr(box.held)
