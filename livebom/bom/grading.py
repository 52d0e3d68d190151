"""What a policy makes of a service's findings: how bad they are here, and which somebody answers for."""

from datetime import date
from fnmatch import fnmatchcase

from msgspec.structs import replace

from livebom.bom.policy import Policy
from livebom.bom.service import Finding, Service


def graded(service: Service, listener: str, policy: Policy, today: date) -> Service:
    """The service with its findings as the policy sees them; `listener` is its key, which accept rows name."""
    if not policy.severities and not policy.accept:
        return service
    return replace(service, findings=tuple(_graded(one, listener, policy, today) for one in service.findings))


def _graded(finding: Finding, listener: str, policy: Policy, today: date) -> Finding:
    rows = [
        row
        for row in policy.accept
        if row.finding
        and fnmatchcase(finding.id, row.finding)
        and fnmatchcase(listener, row.where)
        and row.holds(today)
    ]
    row = max(rows, key=lambda one: one.expires, default=None)
    accepted = f"until {row.expires}: {row.reason}" + (f" ({row.by})" if row.by else "") if row else ""
    return replace(finding, severity=policy.severities.get(finding.id, finding.severity), accepted=accepted)
