"""What the service manager is told (sd_notify(3)), by datagrams to the socket that it names."""

import os
import socket
from collections.abc import Mapping

from livebom.bom.text import safe_text


class Manager:
    """The service manager, or nobody: then nothing is sent."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID."""
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket: socket.socket | None = None
        self.watchdog = _watchdog(environment)
        """Seconds within which it must be told that all is well; None where it does not watch."""
        if self._address.startswith(("/", "\0")):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)

    def ready(self) -> None:
        """It serves."""
        self._send("READY=1")

    def status(self, words: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={safe_text(words, 500)}")

    def alive(self) -> None:
        """The self-check was passed."""
        self._send("WATCHDOG=1")

    def reloading(self, monotonic: float) -> None:
        """It reads its configuration anew; `ready` ends that."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic * 1_000_000)}")

    def stopping(self) -> None:
        """It ends."""
        self._send("STOPPING=1")

    def longer(self, seconds: float) -> None:
        """What it is at (starting, ending) takes that much longer."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1_000_000)}")

    def close(self) -> None:
        """Send no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, text: str) -> None:
        """A manager that does not read, or is gone, must not stop us."""
        if self._socket is not None:
            try:
                self._socket.sendto(text.encode(), self._address)
            except OSError:
                return


def _watchdog(environment: Mapping[str, str]) -> float | None:
    usec, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not usec.isdecimal() or int(usec) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(usec) / 1_000_000
