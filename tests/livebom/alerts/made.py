"""Alerts to deliver, a policy to choose them by, and an outbox that lives in memory."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import structs

from livebom.alerts import Alert, letters, wanted
from livebom.bom.alerting import AlertRule, File, Letter, LetterState, Sink
from livebom.bom.change import Change, Status
from livebom.bom.policy import Policy
from tests.livebom.export.comparisons import CHANGES
from tests.sample import NOW

SWEEP = "5f" * 16
SINK = File(path="/tmp/alerts.jsonl")  # noqa: S108 - nothing is written there
ORIGIN = "scanner.example"


def policy(*rules: AlertRule, **sinks: Sink) -> Policy:
    """Rules over those sinks; without a rule everything goes to all of them."""
    its = sinks or {"soc": SINK}
    return Policy(sinks=its, alerts=rules or (AlertRule(statuses=tuple(Status), sinks=tuple(its)),))


def alerts(changes: Iterable[Change] = CHANGES, rules: Policy | None = None, sweep: str = SWEEP) -> list[Alert]:
    """The alerts of those changes."""
    return wanted(tuple(changes), rules or policy(), sweep=sweep, at=NOW)


def one(**fields: object) -> Alert:
    """An alert of one change, its fields changed."""
    return alerts([structs.replace(CHANGES[0], **fields)])[0]


@dataclass
class Box:
    """An outbox in memory, as a store keeps one."""

    held: dict[str, Letter] = field(default_factory=dict)
    marks: list[tuple[str, str]] = field(default_factory=list)

    def post(self, found: Iterable[Alert]) -> None:
        for number, letter in enumerate(letters(found)):
            at = letter.created + timedelta(microseconds=len(self.held) + number)
            self.held.setdefault(letter.id, structs.replace(letter, created=at))

    def head(self, sink: str) -> Letter | None:
        its = [x for x in self.held.values() if x.sink == sink and x.state is LetterState.WAITING]
        return min(its, key=lambda x: x.created, default=None)

    def sent(self, id_: str, at: datetime) -> None:
        self._mark(id_, state=LetterState.SENT, told=f"{at}")

    def failed(self, id_: str, due: datetime | None, told: str) -> None:
        if due is None:
            self._mark(id_, state=LetterState.DEAD, told=told)
        else:
            self._mark(id_, due=due, told=told)

    def bury(self, sinks: Collection[str], told: str) -> int:
        lost = [x for x in self.held.values() if x.sink not in sinks and x.state is LetterState.WAITING]
        for letter in lost:
            self._mark(letter.id, state=LetterState.DEAD, told=told)
        return len(lost)

    def forget(self, sent_before: datetime, dead_before: datetime) -> int:
        return 0 if sent_before > dead_before else -1

    def _mark(self, id_: str, **fields: object) -> None:
        self.held[id_] = structs.replace(self.held[id_], attempts=self.held[id_].attempts + 1, **fields)
        self.marks.append((id_, self.held[id_].state.value))
