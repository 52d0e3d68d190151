"""The life of a real server: started in a session of its own, waited for, and ended by that session's group alone."""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from tests.real.recipe import SEARCHED, Place, Recipe, program

_BEAT = 0.1
"""Seconds between two looks at something that has no event."""
_GRACE = 10.0
"""Seconds a server has to end by itself."""
_TAIL = 4000
"""Characters of a log that are shown."""
_QUIET = {
    "PATH": SEARCHED,
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    # A server that calls home, against our wish, reaches a closed port.
    **{f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https", "all")},
}


class NotReadyError(Exception):
    """A server that ended, or did not serve, before its deadline."""


class Running(Struct, frozen=True, kw_only=True):
    """A started server. `began` is on the monotonic clock, in seconds."""

    name: str
    recipe: Recipe
    place: Place
    process: subprocess.Popen[bytes]
    began: float

    def tail(self) -> str:
        """The end of its log."""
        return self.place.log.read_text(errors="replace")[-_TAIL:]


def missing(recipe: Recipe, *, stands: bool) -> str | None:
    """Why the server cannot be started here, or None."""
    lacking = [each for each in recipe.programs if program(each) is None]
    if lacking:
        return f"no {', '.join(lacking)} on this machine: apt install what brings it"
    if (recipe.packages or recipe.npm or recipe.shares) and not stands:
        return f"not installed: python -m tests.real.install{' --slow' if recipe.slow else ''}"
    return None


@contextmanager
def alone() -> Iterator[None]:
    """Waits until no other run of this user has the servers' addresses, and keeps them."""
    path = Path(tempfile.gettempdir()) / f"livebom-real-{os.getuid()}.lock"
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def start(name: str, recipe: Recipe, place: Place) -> Running:
    """Starts the server without waiting for it.

    Raises `NotReadyError` where something else already listens on one of its ports.
    """
    for port in recipe.ports:
        if _takes(recipe.host, port):
            raise NotReadyError(f"{name}: something already listens on {recipe.host}:{port}")
    command = recipe.start(place)
    with place.log.open("wb") as log:
        process = subprocess.Popen(
            # Should this process be killed, no tidying up happens here: the kernel then ends the server.
            ["setpriv", "--pdeathsig", "TERM", "--", *command.argv],
            cwd=place.folder,
            env={
                **_QUIET,
                "no_proxy": f"localhost,127.0.0.1,{recipe.host}",
                "HOME": str(place.folder),
                "TMPDIR": str(place.folder),
                **command.environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(name=name, recipe=recipe, place=place, process=process, began=time.monotonic())


def wait(running: Running) -> None:
    """Returns once the server serves.

    Raises `NotReadyError`, with the end of its log, where it ended or its deadline passed.
    """
    while not _serves(running):
        # Waiting for its end is the beat: a server that dies is known at once.
        with suppress(subprocess.TimeoutExpired):
            status = running.process.wait(_BEAT)
            raise NotReadyError(f"{running.name} ended with {status}\n{running.tail()}")
        if time.monotonic() - running.began > running.recipe.deadline:
            raise NotReadyError(f"{running.name} not ready in {running.recipe.deadline} s\n{running.tail()}")


def _serves(running: Running) -> bool:
    ready = running.recipe.ready
    if ready.words is not None:
        return ready.words in running.place.log.read_text(errors="replace")
    connection = http.client.HTTPConnection(running.recipe.host, running.recipe.port, timeout=5.0)
    try:
        connection.request("GET", ready.path or "/")
        return connection.getresponse().status == ready.status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def stop(servers: Mapping[str, Running]) -> None:
    """Ends every server with all its children; what does not end by itself is killed."""
    for running in servers.values():
        _signal(running, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE
    for running in servers.values():
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(max(0.0, deadline - time.monotonic()))
    for running in servers.values():
        _signal(running, signal.SIGKILL)
        running.process.wait()


def listening(running: Running) -> list[int]:
    """Which of the server's ports still take a connection."""
    return [port for port in running.recipe.ports if _takes(running.recipe.host, port)]


def _takes(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2.0)
        return probe.connect_ex((host, port)) == 0


def _signal(running: Running, number: signal.Signals) -> None:
    """Signals what is left of the server's own group."""
    with suppress(ProcessLookupError):
        os.killpg(running.process.pid, number)
