"""An alert as its own record (`json`): fields may be added, never renamed or removed."""

from typing import Any

import msgspec

from livebom.alerts.alert import Alert
from livebom.alerts.encoding import ascii_json

NAME = "json"
MEDIA_TYPE = "application/json"


def write(alert: Alert, origin: str) -> str:
    """Every field of the alert but `sink`, and the origin."""
    return ascii_json(record(alert, origin))


def record(alert: Alert, origin: str) -> dict[str, Any]:
    """The same, not yet written."""
    fields: dict[str, Any] = msgspec.to_builtins(alert)
    del fields["sink"]
    return {**fields, "origin": origin}
