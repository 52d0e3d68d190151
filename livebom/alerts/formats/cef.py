"""An alert in ArcSight's Common Event Format, CEF:0 (`cef`)."""

import re

from livebom.alerts.alert import Alert
from livebom.alerts.encoding import milliseconds
from livebom.alerts.words import places, safe
from livebom.bom.believed import shown
from livebom.bom.change import Change
from livebom.bom.service import Severity
from livebom.bom.text import safe_text

NAME = "cef"
MEDIA_TYPE = "text/plain; charset=utf-8"

_SEVERITIES = {Severity.CRITICAL: 10, Severity.HIGH: 8, Severity.MEDIUM: 5, Severity.LOW: 3, Severity.INFO: 1}
_LONGEST = 1023
_LONGEST_HOST = 100
_ENDS_IN_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\\Z")


def write(alert: Alert, origin: str) -> str:
    r"""Seven header fields, then `key=value` pairs with the keys of the dictionary of CEF.

    Escapes ("Implementing ArcSight Common Event Format (CEF)", version 23, 2016, "Character Encoding"): in the header
    `\` and `|`, in a value `\`, `=` and line ends. Values are cut at 1023 characters, the least that its dictionary
    gives one of these keys.
    """
    head = ("livebom", "livebom", alert.livebom, alert.event, alert.title, str(_SEVERITIES[alert.severity]))
    pairs = {
        "rt": str(milliseconds(alert.at)),
        "dvchost": safe_text(origin, _LONGEST_HOST),
        "externalId": alert.id,
        "msg": " | ".join((alert.text, *alert.lines)),
        **(_of(alert.change) if alert.change else {}),
    }
    extension = " ".join(f"{key}={_value(value)}" for key, value in pairs.items() if value)
    return f"CEF:0|{'|'.join(map(_header, head))}|{extension}"


def _of(change: Change) -> dict[str, str]:
    told = {
        "part": safe(change.key),
        "otherPart": safe(change.other_key),
        "where": places(change.where),
        "owner": safe(change.owner or ""),
        "why": "; ".join(map(safe, change.why)),
        "attribute": safe(change.attribute),
    }
    custom: dict[str, str] = {"cat": change.kind.value, "outcome": change.status.value}
    for number, (label, words) in enumerate(told.items(), start=1):
        if words:
            custom |= {f"cs{number}Label": label, f"cs{number}": words}
    if change.before is not None or change.after is not None:
        custom |= {"flexString1Label": "before", "flexString1": shown(change.before, safe)}
        custom |= {"flexString2Label": "after", "flexString2": shown(change.after, safe)}
    return custom


def _header(text: str) -> str:
    return safe_text(text).replace("\\", "\\\\").replace("|", "\\|")


def _value(text: str) -> str:
    """What comes here is safe already, so that its own escapes are not escaped twice."""
    escaped = text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")
    return _ENDS_IN_ESCAPE.sub(r"\1", escaped[:_LONGEST])
