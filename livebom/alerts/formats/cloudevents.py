"""An alert as a CloudEvent 1.0 in the structured mode (`cloudevents`), its `data` the alert's own record."""

from urllib.parse import quote

from livebom.alerts.alert import Alert
from livebom.alerts.encoding import ascii_json, rfc3339
from livebom.alerts.formats.json import record
from livebom.alerts.words import safe

NAME = "cloudevents"
MEDIA_TYPE = "application/cloudevents+json"


def write(alert: Alert, origin: str) -> str:
    """Attributes as the specification has them (CloudEvents 1.0.2 §3.1); `severity` is an extension.

    A subject may hold no control character (§"Type System"), so it is written as people are shown it.
    """
    event = {
        "specversion": "1.0",
        "id": alert.id,
        "source": f"//{quote(origin, safe='')}/livebom",
        "type": f"livebom.{alert.event}",
        "time": rfc3339(alert.at),
        **({"subject": safe(alert.change.key)} if alert.change and alert.change.key else {}),
        "severity": alert.severity,
        "datacontenttype": "application/json",
        "data": record(alert, origin),
    }
    return ascii_json(event)
