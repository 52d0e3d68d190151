"""How a sender is reached: a child of this process, or one that the service manager starts behind a socket."""

import os
import socket
import subprocess
from pathlib import Path
from typing import Protocol

from livebom.net.peer import credentials
from probes.engine.syn import sender

DOOR = Path("/run/livebom/syn.sock")
"""Where the socket unit `livebom-syn.socket` listens."""
_READ = 1 << 16
_PATIENCE = 30.0
"""Seconds in which a sender behind the door must take what it is sent."""


class Sender(Protocol):
    """One sender process, from its order to its end."""

    def fileno(self) -> int:
        """What can be waited for until it says something."""
        ...  # pragma: no cover

    def read(self) -> bytes:
        """What it said; empty where it says no more. Raises OSError."""
        ...  # pragma: no cover

    def write(self, data: bytes) -> None:
        """Say something to it. Raises OSError where it is gone."""
        ...  # pragma: no cover

    def hang_up(self) -> None:
        """Say no more, which means: stop."""
        ...  # pragma: no cover

    def ended(self, patience: float) -> str:
        """How it ended, in words, after it has said everything. Raises subprocess.TimeoutExpired."""
        ...  # pragma: no cover

    def close(self, patience: float) -> None:
        """End it, if it has not ended by itself in so many seconds."""
        ...  # pragma: no cover


class Child:
    """A sender that this process starts with its own privileges."""

    def __init__(self) -> None:
        """Start it. Raises OSError."""
        self._child = subprocess.Popen(  # noqa: S603 - our own Python, our own code
            sender.command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=sender.environment(),
            cwd="/",
            bufsize=0,
        )

    def fileno(self) -> int:
        """Its standard output."""
        return self._output.fileno()

    def read(self) -> bytes:
        """What it said."""
        return os.read(self.fileno(), _READ)

    def write(self, data: bytes) -> None:
        """To its standard input."""
        left = memoryview(data)
        while left and not self._input.closed:
            left = left[os.write(self._input.fileno(), left) :]

    def hang_up(self) -> None:
        """Close its standard input."""
        self._input.close()

    def ended(self, patience: float) -> str:
        """By its exit code."""
        code = self._child.wait(patience)
        return f"was ended by signal {-code}" if code < 0 else "ended early"

    def close(self, patience: float) -> None:
        """Kill it after that."""
        self.hang_up()
        try:
            self._child.wait(patience)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._output.close()

    @property
    def _input(self) -> "_Pipe":
        assert self._child.stdin is not None  # noqa: S101 - it was asked for
        return self._child.stdin

    @property
    def _output(self) -> "_Pipe":
        assert self._child.stdout is not None  # noqa: S101 - it was asked for
        return self._child.stdout


class _Pipe(Protocol):
    @property
    def closed(self) -> bool: ...  # pragma: no cover

    def fileno(self) -> int: ...  # pragma: no cover

    def close(self) -> None: ...  # pragma: no cover


class Served:
    """A sender that the service manager starts for this connection, with privileges that this process has not."""

    def __init__(self, door: Path = DOOR) -> None:
        """Connect. Raises OSError."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._socket.settimeout(_PATIENCE)
        try:
            self._socket.connect(str(door))
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """The connection."""
        return self._socket.fileno()

    def read(self) -> bytes:
        """What it said."""
        return self._socket.recv(_READ)

    def write(self, data: bytes) -> None:
        """Over the connection."""
        self._socket.sendall(data)

    def hang_up(self) -> None:
        """Close the half of the connection that it reads."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:  # it is gone
            return

    def ended(self, patience: float) -> str:
        """The service manager knows why, and its journal tells."""
        return "ended early; `journalctl -u 'livebom-syn@*'` tells more"

    def close(self, patience: float) -> None:
        """Leave it: a sender without its caller stops by itself."""
        self._socket.close()


def caller(connection: int) -> int:
    """The user id of whoever connected, by SO_PEERCRED (unix(7)). Raises OSError where that is no unix socket."""
    with socket.socket(fileno=os.dup(connection)) as its:
        return credentials(its)[1]


def door_stands(door: Path = DOOR) -> bool:
    """Whether there is a socket that this process may connect to."""
    return door.is_socket() and os.access(door, os.W_OK)
