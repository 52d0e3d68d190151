"""An alert as a Detection Finding of the Open Cybersecurity Schema Framework (`ocsf`), schema 1.5.0."""

from typing import Any

from livebom.alerts.alert import Alert
from livebom.alerts.encoding import ascii_json, milliseconds
from livebom.bom.change import Change, Status
from livebom.bom.parts import PartKind
from livebom.bom.service import Severity

NAME = "ocsf"
MEDIA_TYPE = "application/json"

VERSION = "1.5.0"
"""What is written here is the same in every release from 1.5.0 to 1.8.0."""
CLASS, CATEGORY = 2004, 2

_SEVERITIES = {Severity.CRITICAL: 5, Severity.HIGH: 4, Severity.MEDIUM: 3, Severity.LOW: 2, Severity.INFO: 1}
_CAPTIONS = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}
_CREATE, _CLOSE = 1, 3
_NEW, _SUPPRESSED, _RESOLVED = 1, 3, 4
_ACTIVITIES = {_CREATE: "Create", _CLOSE: "Close"}
_STATUSES = {_NEW: "New", _SUPPRESSED: "Suppressed", _RESOLVED: "Resolved"}
_LOW, _HIGH = 1, 3


def write(alert: Alert, origin: str) -> str:
    """The class for what a security product tells (github.com/ocsf/ocsf-schema, events/findings/detection_finding).

    Not Application Security Posture Finding (2007), which must hold an application, a compliance, a remediation or a
    vulnerability, and not an event of the Discovery category, which tells a state and has no lifecycle.
    """
    change = alert.change
    severity = _SEVERITIES[alert.severity]
    activity = _CLOSE if alert.event == "finding.closed" else _CREATE
    status = _RESOLVED if activity == _CLOSE else _SUPPRESSED if _is_suppressed(change) else _NEW
    return ascii_json(
        {
            "class_uid": CLASS,
            "class_name": "Detection Finding",
            "category_uid": CATEGORY,
            "category_name": "Findings",
            "activity_id": activity,
            "activity_name": _ACTIVITIES[activity],
            "type_uid": CLASS * 100 + activity,
            "type_name": f"Detection Finding: {_ACTIVITIES[activity]}",
            "time": milliseconds(alert.at),
            "severity_id": severity,
            "severity": _CAPTIONS[severity],
            "status_id": status,
            "status": _STATUSES[status],
            "is_alert": activity == _CREATE and status == _NEW,
            "message": alert.text,
            "metadata": _metadata(alert, origin),
            "finding_info": _finding(alert),
            **(_of(change) if change else {"unmapped": {"lines": alert.lines, "counts": alert.counts}}),
        }
    )


def _metadata(alert: Alert, origin: str) -> dict[str, Any]:
    return {
        "version": VERSION,
        "uid": alert.id,
        "event_code": alert.event,
        "log_provider": origin,
        "product": {"name": "livebom", "vendor_name": "livebom", "version": alert.livebom},
    }


def _finding(alert: Alert) -> dict[str, Any]:
    """What opens and what closes a finding has the finding's own id, so that a receiver joins the two."""
    about = _finding_id(alert.change) if alert.change else None
    return {
        "uid": about or alert.id,
        "title": alert.title,
        "desc": alert.text,
        "types": [alert.event],
        "analytic": {"type_id": 1, "type": "Rule", "name": alert.event, "uid": alert.event},
        "last_seen_time": milliseconds(alert.change.at if alert.change else alert.at),
    }


def _finding_id(change: Change) -> str | None:
    if change.kind is PartKind.FINDING:
        return str(change.part)
    return str(change.other) if change.other_kind is PartKind.FINDING else None


def _is_suppressed(change: Change | None) -> bool:
    return change is not None and change.status in {Status.ACCEPTED, Status.EXPECTED}


def _of(change: Change) -> dict[str, Any]:
    resources: list[dict[str, Any]] = [{"uid": change.key, "name": change.name or change.key, "type": change.kind}]
    if change.other_kind is not None:
        resources.append(
            {"uid": change.other_key, "name": change.other_name or change.other_key, "type": change.other_kind}
        )
    if change.owner:
        resources[0] |= {"owner": {"name": change.owner}}
    suspected = change.status is Status.SUSPECTED
    return {
        "confidence_id": _LOW if suspected else _HIGH,
        "confidence": "Low" if suspected else "High",
        "resources": resources,
        "unmapped": {"change": change},
    }
