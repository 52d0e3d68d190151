"""Keeps what was read from a folder of YAML in one binary file, so that it need not be read again unchanged."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from livebom import __version__

_CAP = 32 << 20

T = TypeVar("T")


def cache_folder(environment: Mapping[str, str]) -> Path:
    """`livebom` under XDG_CACHE_HOME, else under `~/.cache` (XDG base directory specification)."""
    given = Path(environment.get("XDG_CACHE_HOME", ""))
    home = Path(environment.get("HOME") or "~").expanduser()
    return (given if given.is_absolute() else home / ".cache") / "livebom"


class Cache:
    """One folder's content as `kind`, in a file whose name changes with every byte it was made from.

    It is an aid and never a need: where it cannot be read or written, or is somebody else's, everything is read from
    YAML as ever.
    """

    def __init__(self, home: Path, folder: Path, kind: type[T], files: Mapping[str, bytes]) -> None:
        """`files` are the folder's files by name; `kind`'s own source counts, because its defaults are baked in."""
        digest = hashlib.sha256(f"{__version__}\0{kind.__qualname__}\0".encode())
        source = getattr(sys.modules.get(kind.__module__), "__file__", None)
        if source:
            with suppress(OSError):
                digest.update(Path(source).read_bytes())
        for name, data in sorted(files.items()):
            digest.update(f"\0{name}\0{len(data)}\0".encode())
            digest.update(data)
        self._stem = f"{folder.name}-{kind.__name__.lower()}"
        self._path = home / f"{self._stem}-{digest.hexdigest()[:32]}.msgpack"

    def load(self, kind: type[T]) -> dict[str, T] | None:
        """What was kept, or None."""
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_uid != os.geteuid():
                    return None
                data = file.read(_CAP + 1)
            kept: dict[str, T] = msgspec.msgpack.decode(data, type=dict[str, kind])  # type: ignore[valid-type]
        except (OSError, msgspec.MsgspecError, ValueError):
            return None
        return kept

    def keep(self, found: Mapping[str, T]) -> None:
        """Keep it, written beside and renamed; older ones of the same folder go."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(handle, "wb") as out:
                out.write(msgspec.msgpack.encode(dict(found)))
            Path(name).replace(self._path)
            for old in self._path.parent.glob(f"{self._stem}-*.msgpack"):
                if old != self._path:
                    old.unlink(missing_ok=True)
