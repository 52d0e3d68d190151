"""The way to each sink of a policy."""

from collections.abc import Mapping
from typing import assert_never

from livebom.alerts.carrier import Carrier, Undelivered
from livebom.alerts.file import FileCarrier
from livebom.alerts.journal import JournalCarrier
from livebom.alerts.syslog import SyslogCarrier
from livebom.bom.alerting import File, Journald, Sink, Slack, Splunk, Syslog, Webhook
from livebom.bom.policy import Policy

__all__ = ["Carrier", "Undelivered", "carrier", "carriers"]


def carriers(policy: Policy, environment: Mapping[str, str], origin: str) -> dict[str, tuple[Sink, Carrier]]:
    """Each sink of the policy by its name, with its carrier; nothing is contacted and no secret read yet.

    `environment` holds secrets that the policy names; `origin` is this host's name, as receivers are told it.
    """
    return {name: (sink, carrier(sink, environment, origin)) for name, sink in policy.sinks.items()}


def carrier(sink: Sink, environment: Mapping[str, str], origin: str) -> Carrier:
    """The way to one sink."""
    match sink:
        case Webhook() | Slack() | Splunk():
            from livebom.alerts.delivery import WebCarrier  # its client takes a quarter of a second to load

            return WebCarrier(sink, environment, origin)
        case Syslog():
            return SyslogCarrier(sink, origin)
        case Journald():
            return JournalCarrier(sink, origin)
        case File():
            return FileCarrier(sink, origin)
        case _:
            assert_never(sink)
