"""An alert: what one sink is told at once, whether of one change, of many, or of a first look."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from livebom.bom.alerting import Letter
from livebom.bom.change import Change
from livebom.bom.service import Severity


class AlertKind(StrEnum):
    """What an alert is of."""

    CHANGE = "change"
    DIGEST = "digest"
    """More changes of one turn than the sink wants one by one."""
    FIRST = "first"
    """A first look, before which nothing was known: what is there is no news, and told as a summary."""
    TEST = "test"


class Alert(Struct, frozen=True, kw_only=True):
    """What one sink is told; names in it are as the target said them, and cut where they are long."""

    livebom: str
    """The version that told it."""
    id: str
    """The same change told to the same sink has the same one, whoever tells it again."""
    sink: str
    kind: AlertKind = AlertKind.CHANGE
    event: str
    """The change's, or `alerts.digest`, `alerts.first` or `alerts.test`."""
    severity: Severity
    """Of a digest or a first look the worst in it."""
    title: str
    text: str
    """In one line, safe to show."""
    sweep: str = ""
    at: datetime
    """When the look ended that showed it."""
    change: Change | None = None
    lines: tuple[str, ...] = ()
    """Of a digest or a first look: the worst of it, a line each, safe to show."""
    counts: dict[str, int] = {}
    """Of a digest: changes by severity; of a first look: parts by kind, and findings by severity."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Alert).decode


def letters(alerts: Iterable[Alert]) -> list[Letter]:
    """The alerts as they wait in the outbox."""
    return [Letter(id=one.id, sink=one.sink, body=_encode(one), created=one.at, due=one.at) for one in alerts]


def alert_of(letter: Letter) -> Alert:
    """The alert in a letter. Raises msgspec.ValidationError or msgspec.DecodeError where it holds none."""
    return _decode(letter.body)
