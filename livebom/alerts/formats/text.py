"""An alert as one line for people (`text`)."""

from livebom.alerts.alert import Alert

NAME = "text"
MEDIA_TYPE = "text/plain; charset=utf-8"


def write(alert: Alert, _origin: str) -> str:
    """The severity and the sentence; a digest's and a summary's lines follow, by ` | `."""
    return " | ".join((f"{alert.severity.upper()}: {alert.text}", *alert.lines))
