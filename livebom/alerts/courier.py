"""The courier: takes letters from the outbox and delivers them, each sink by itself and in order, until stopped."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

import anyio
import msgspec
import structlog

from livebom.alerts.alert import alert_of
from livebom.alerts.carrier import Carrier, Undelivered
from livebom.alerts.outbox import Outbox, Run, at_once
from livebom.bom.alerting import Letter, Sink

FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0
"""Seconds after the first failure, doubled with each further one, and the most."""
NO_SINK = "the policy names no such sink"

_GRACE = 5.0
"""Seconds beyond a sink's deadline, after which even a carrier that keeps no deadline is stopped."""
_IDLE = 60.0
_HOUSEKEEPING = 6 * 3600.0
_KEEP_SENT, _KEEP_DEAD = timedelta(days=30), timedelta(days=365)

_log = structlog.get_logger()


def _now() -> datetime:
    return datetime.now(UTC)


def _midway() -> float:
    return 0.5


class Courier:
    """Delivers at least once: a letter is marked when it was delivered, and delivered again where that was not marked.

    Letters of one sink go in the order of the outbox, and the first that is due again later holds up those behind it;
    another sink is never held up.
    """

    def __init__(
        self,
        outbox: Outbox,
        carriers: Mapping[str, tuple[Sink, Carrier]],
        *,
        run: Run = at_once,
        clock: Callable[[], datetime] = _now,
        chance: Callable[[], float] = _midway,
    ) -> None:
        """`run` calls the outbox; `chance` gives numbers from 0 to 1 that spread retries (`random.random`)."""
        self._outbox, self._carriers = outbox, carriers
        self._run, self._clock, self._chance = run, clock, chance
        self._news: dict[str, anyio.Event] = {}

    async def run(self) -> None:
        """Deliver until cancelled. Raises what the outbox raises, in a group."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._keep_house)
            for name in self._carriers:
                group.start_soon(self._serve, name)

    async def once(self) -> int:
        """Deliver what is due now, each letter once, and return how many arrived."""
        arrived = [0]

        async def drain(name: str) -> None:
            while (letter := await self._due(name)) and await self._try(letter):
                arrived[0] += 1

        await self._run(partial(self._outbox.bury, tuple(self._carriers), NO_SINK))
        async with anyio.create_task_group() as group:
            for name in self._carriers:
                group.start_soon(drain, name)
        return arrived[0]

    def wake(self) -> None:
        """Say, in the event loop's thread, that letters were posted; what is due goes at once."""
        for news in self._news.values():
            news.set()

    async def _serve(self, name: str) -> None:
        pace = 60.0 / self._carriers[name][0].per_minute
        while True:
            news = self._news[name] = anyio.Event()  # before the outbox is asked: what is posted after that wakes us
            letter = await self._run(partial(self._outbox.head, name))
            wait = self._until_due(letter) if letter else _IDLE
            if letter is None or wait > 0:
                with anyio.move_on_after(min(wait, _IDLE)):
                    await news.wait()
                continue
            await self._try(letter)
            await anyio.sleep(pace)

    async def _due(self, name: str) -> Letter | None:
        letter = await self._run(partial(self._outbox.head, name))
        return letter if letter and self._until_due(letter) <= 0 else None

    def _until_due(self, letter: Letter) -> float:
        """Seconds; a letter that is due later than any wait could make it was put off by a clock that was wrong."""
        seconds = (letter.due - self._clock()).total_seconds()
        return 0.0 if seconds > 2 * LONGEST_WAIT else seconds

    async def _try(self, letter: Letter) -> bool:
        """One attempt, and what it came to is marked."""
        failure = await self._carry(letter)
        if failure is None:
            await self._run(partial(self._outbox.sent, letter.id, self._clock()))
            return True
        sink, _ = self._carriers[letter.sink]
        attempts = letter.attempts + 1
        given_up = failure.hopeless or attempts >= sink.attempts
        due = None if given_up else self._clock() + timedelta(seconds=self._wait(attempts, failure.wait))
        what = "alert given up" if given_up else "alert not delivered"
        _log.warning(what, sink=letter.sink, id=letter.id, attempt=attempts, why=str(failure))
        await self._run(partial(self._outbox.failed, letter.id, due, str(failure)))
        return False

    async def _carry(self, letter: Letter) -> Undelivered | None:
        sink, carrier = self._carriers[letter.sink]
        try:
            alert = alert_of(letter)
        except msgspec.MsgspecError:
            return Undelivered("what stands in the outbox is no alert", hopeless=True)
        try:
            with anyio.fail_after(sink.deadline + _GRACE):
                await carrier.carry(alert, self._clock())
        except Undelivered as failure:
            return failure
        except TimeoutError:
            return Undelivered("it took too long")
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with one sink is told and never stops another
            return Undelivered(f"an error of livebom's own: {type(error).__name__}")
        return None

    def _wait(self, attempts: int, asked: float) -> float:
        """Exponential, spread between half and all of it; never sooner than the other side asked for."""
        longest = min(FIRST_WAIT * 2.0 ** min(attempts - 1, 30), LONGEST_WAIT)
        return max(longest * (0.5 + self._chance() / 2), asked)

    async def _keep_house(self) -> None:
        """Give up what no sink is there for, and remove what is long done."""
        while True:
            await self._run(partial(self._outbox.bury, tuple(self._carriers), NO_SINK))
            now = self._clock()
            await self._run(partial(self._outbox.forget, now - _KEEP_SENT, now - _KEEP_DEAD))
            await anyio.sleep(_HOUSEKEEPING)
