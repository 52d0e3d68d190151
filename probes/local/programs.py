"""Asking a runtime's own client program: no shell, an answer of bounded size, an end at the deadline."""

import subprocess
import threading
import time
from collections.abc import Sequence

_MOST = 32 << 20


class ProgramError(Exception):
    """The program told nothing that can be used; the text says why."""


def told(argv: Sequence[str], until: float, most: int = _MOST) -> bytes:
    """What it writes. `until` is of `time.monotonic()`. Raises ProgramError."""
    left = until - time.monotonic()
    if left <= 0:
        raise ProgramError("no time was left")
    try:
        process = subprocess.Popen(  # noqa: S603 - an absolute path and words of ours
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise ProgramError(f"{argv[0]} cannot be run: {error.strerror}") from None
    timer = threading.Timer(left, process.kill)
    timer.start()
    with process:
        try:
            said = process.stdout.read(most + 1) if process.stdout else b""
            if len(said) > most:
                process.kill()
        finally:
            code = process.wait()
            timer.cancel()
    if len(said) > most:
        raise ProgramError(f"more than {most} bytes")
    if time.monotonic() >= until:
        raise ProgramError("did not answer in time")
    if code:
        raise ProgramError(f"{argv[0].rpartition('/')[2]} ended with {code}")
    return said
