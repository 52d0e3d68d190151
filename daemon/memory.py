"""What the daemon remembers across a restart: ordered sweeps, when each schedule was attended to, and the pause."""

import os
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from daemon.wire import Sweep


class Memory(Struct, frozen=True, kw_only=True):
    """The whole of it."""

    sweeps: tuple[Sweep, ...] = ()
    handled: dict[str, datetime] = {}
    """Schedule to the moment up to which its runs were attended to."""
    paused: bool = False
    paused_by: str = ""
    collectors: dict[str, datetime] = {}
    """When each handed over something last."""


def memory_path(database: Path) -> Path:
    """Where it is kept: beside the store, as `<name>.daemon.json`."""
    return database.with_name(f"{database.stem}.daemon.json")


def remember(path: Path, memory: Memory) -> None:
    """Write it whole, so that it survives a kill and a power cut. Raises OSError, with the last one in its place."""
    half = path.with_name(f"{path.name}.part")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(msgspec.json.encode(memory))
        out.flush()
        os.fsync(out.fileno())
    half.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def recall(path: Path) -> tuple[Memory, str]:
    """What was remembered, and in words what is wrong with it: then it is moved aside, and nothing is remembered."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Memory), ""
    except FileNotFoundError:
        return Memory(), ""
    except OSError as error:
        return Memory(), f"{path} cannot be read ({error.strerror}): ordered sweeps are not known"
    except (msgspec.MsgspecError, UnicodeDecodeError):
        aside = path.with_name(f"{path.name}.bad")
        path.replace(aside)
        return Memory(), f"{path} could not be read and is now {aside.name}: sweeps that were ordered are not known"
