"""An alert as a syslog message of RFC 5424, and how it is framed on a stream."""

from livebom.alerts.alert import Alert
from livebom.alerts.encoding import rfc3339
from livebom.alerts.formats import written
from livebom.alerts.words import safe
from livebom.bom.alerting import Syslog
from livebom.bom.service import Severity

SEVERITIES = {Severity.CRITICAL: 2, Severity.HIGH: 3, Severity.MEDIUM: 4, Severity.LOW: 5, Severity.INFO: 6}
"""critical, error, warning, notice, informational (RFC 5424 §6.2.1, table 2)."""

_BOM = b"\xef\xbb\xbf"


def message(alert: Alert, sink: Syslog, origin: str) -> bytes:
    """Header, structured data with what a rule may look for, and the alert in the sink's format.

    What is not ASCII begins with the mark that RFC 5424 §6.4 asks for.
    """
    priority = Syslog.FACILITIES.index(sink.facility) * 8 + SEVERITIES[alert.severity]
    head = f"<{priority}>1 {rfc3339(alert.at)} {_word(origin, 255)} livebom - {_word(alert.event, 32)}"
    text = written(alert, sink.format, origin)
    mark = b"" if text.isascii() else _BOM
    return f"{head} {_data(alert, sink.enterprise)} ".encode() + mark + text.encode()


def framed(whole: bytes) -> bytes:
    """With its length before it: octet counting (RFC 5425 §4.3, RFC 6587 §3.4.1)."""
    return b"%d %b" % (len(whole), whole)


def _data(alert: Alert, enterprise: int) -> str:
    change = alert.change
    fields = {"id": alert.id, "event": alert.event, "severity": alert.severity.value, "sweep": alert.sweep}
    if change:
        fields |= {"status": change.status.value, "kind": change.kind.value, "part": safe(change.key)}
        fields |= {"where": safe(change.where[0])} if change.where else {}
        fields |= {"owner": safe(change.owner)} if change.owner else {}
    inside = " ".join(f'{name}="{_value(value)}"' for name, value in fields.items() if value)
    return f"[livebom@{enterprise} {inside}]"


def _value(text: str) -> str:
    r"""`"`, `\` and `]` with a backslash before them (§6.3.3)."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _word(text: str, longest: int) -> str:
    """Printable ASCII without a space (§6.2.4), `-` where nothing is left."""
    return "".join(one for one in text if "!" <= one <= "~")[:longest] or "-"
