"""Which hashes are known from earlier looks: by what tells whether a file has changed, in a small file of ours."""

import errno
import os
import re
import stat
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from msgspec import DecodeError, ValidationError, json

REMEMBERED = 100_000
"""Files whose hash is kept; those not met for longest are forgotten first."""
_CAP = 32 << 20
_KEY = re.compile(r"[0-9]{1,20}:[0-9]{1,20}:[0-9]{1,20}:-?[0-9]{1,20}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Memory:
    """Hashes by device, inode, size and time of change; threads may share it.

    Made from the bytes that `kept` gave once; what in them cannot be read is not remembered.
    """

    def __init__(self, raw: bytes = b"") -> None:
        self._lock = threading.Lock()
        try:
            found = json.decode(raw, type=dict[str, str]) if raw else {}
        except (DecodeError, ValidationError, UnicodeError, RecursionError):
            found = {}
        self._known = {key: told for key, told in found.items() if _KEY.fullmatch(key) and _DIGEST.fullmatch(told)}
        self.fresh: dict[str, str] = {}
        """What was learned since."""

    def __len__(self) -> int:
        return len(self._known)

    def kept(self) -> bytes:
        """For the next time: a JSON object."""
        with self._lock:
            return json.encode(dict(list(self._known.items())[-REMEMBERED:]))

    def get(self, key: str) -> str:
        """The hash, empty where it is not known."""
        with self._lock:
            found = self._known.pop(key, "")
            if found:
                self._known[key] = found  # at the end: met last
            return found

    def put(self, key: str, digest: str) -> None:
        """Remember."""
        with self._lock:
            self._known.pop(key, None)
            self._known[key] = self.fresh[key] = digest

    def learn(self, other: "Memory") -> None:
        """Take over what the other one learned since it was made."""
        for key, digest in other.fresh.copy().items():
            self.put(key, digest)


def key_of(fd: int) -> str:
    """What changes when the file does. Raises OSError for what is no regular file."""
    facts = os.fstat(fd)
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, "no regular file")
    return f"{facts.st_dev}:{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}"


def load(file: Path | None) -> Memory:
    """What is remembered there. An aid and never a need: empty where it cannot be read, or others could write it."""
    if file is None:
        return Memory()
    try:
        fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as opened:
            facts = os.fstat(fd)
            ours = facts.st_uid == os.geteuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            if not stat.S_ISREG(facts.st_mode) or not ours:
                return Memory()
            raw = opened.read(_CAP + 1)
    except OSError:
        return Memory()
    return Memory(raw if len(raw) <= _CAP else b"")


def save(file: Path | None, memory: Memory) -> None:
    """Keep what was learned, beside what others kept there meanwhile: whole or not at all, for our eyes only."""
    if file is None or not memory.fresh:
        return
    now = load(file)
    now.learn(memory)
    with suppress(OSError):
        fd, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(fd, "wb") as opened:
                opened.write(now.kept())
            Path(name).replace(file)
        except OSError:
            Path(name).unlink()
            raise
