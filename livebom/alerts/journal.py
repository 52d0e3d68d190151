"""Alerts to journald of this host, by its native protocol."""

import errno
import fcntl
import os
import socket
import struct
from datetime import datetime

import anyio

from livebom.alerts.alert import Alert
from livebom.alerts.carrier import Undelivered
from livebom.alerts.encoding import ascii_json
from livebom.alerts.formats.json import record
from livebom.alerts.rfc5424 import SEVERITIES
from livebom.bom.alerting import Journald

MESSAGE_ID = "8d2c0c1f4f6b4a8e9c5f0a7d3b6e1f52"
"""By which `journalctl MESSAGE_ID=…` finds all alerts (systemd.journal-fields(7))."""

_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


class JournalCarrier:
    """The way to the journal."""

    def __init__(self, sink: Journald, origin: str) -> None:
        """`origin` is this host's name."""
        self._sink, self._origin = sink, origin

    async def carry(self, alert: Alert, _at: datetime) -> None:
        """See `Carrier`: delivered when journald's socket took it."""
        data = entry(alert, self._origin)
        try:
            await anyio.to_thread.run_sync(_send, self._sink.socket, data, self._sink.deadline, abandon_on_cancel=True)
        except TimeoutError:
            raise Undelivered("the journal did not take it in time") from None
        except OSError as error:
            raise Undelivered(f"{self._sink.socket}: {error.strerror or 'no connection'}") from None


def entry(alert: Alert, origin: str) -> bytes:
    """One journal entry (systemd.io/JOURNAL_NATIVE_PROTOCOL): each field with its length, so that no value ends it."""
    change = alert.change
    fields = {
        "MESSAGE": f"{alert.severity.upper()}: {alert.text}",
        "MESSAGE_ID": MESSAGE_ID,
        "PRIORITY": str(SEVERITIES[alert.severity]),
        "SYSLOG_IDENTIFIER": "livebom",
        "LIVEBOM_ALERT_ID": alert.id,
        "LIVEBOM_EVENT": alert.event,
        "LIVEBOM_SEVERITY": alert.severity.value,
        "LIVEBOM_SWEEP": alert.sweep,
        "LIVEBOM_STATUS": change.status.value if change else "",
        "LIVEBOM_KIND": change.kind.value if change else "",
        "LIVEBOM_PART": change.key if change else "",
        "LIVEBOM_OWNER": (change.owner or "") if change else "",
        "LIVEBOM_ALERT": ascii_json(record(alert, origin)),
    }
    return b"".join(_field(name, value) for name, value in fields.items() if value)


def _field(name: str, value: str) -> bytes:
    whole = value.encode("utf-8", "replace")
    return name.encode() + b"\n" + struct.pack("<Q", len(whole)) + whole + b"\n"


def _send(path: str, data: bytes, deadline: float) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as one:
        one.settimeout(deadline)
        one.connect(path)
        try:
            one.send(data)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            _send_sealed(one, data)


def _send_sealed(one: socket.socket, data: bytes) -> None:
    """An entry too large for a datagram: in memory that nobody can change any more, handed over as a descriptor."""
    handle = os.memfd_create("livebom-alert", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        fcntl.fcntl(handle, fcntl.F_ADD_SEALS, _SEALS)
        socket.send_fds(one, [b""], [handle])
