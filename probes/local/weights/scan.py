"""One look at files: its limits, what it could not see, and each file of weights as it is met."""

import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import DecodeError, json

from probes.local.weights.cursor import Cursor, reader
from probes.local.weights.formats import HEAD, format_of, reader_of
from probes.local.weights.shapes import FormatError, Header, Limits, WeightsFile
from probes.local.weights.tree import ENTRIES, OutsideError, Tree

TEXT_CAP = 4 << 20
"""Bytes of a JSON file that are read."""


class Scan:
    """Counts what it looks at; where a limit is reached it sees nothing more, and says so."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.complete = True
        self._until = time.monotonic() + limits.seconds
        self._left = limits.files
        self._reasons: Counter[str] = Counter()
        self._headers: dict[tuple[int, int, int, int], tuple[Header | None, str]] = {}

    @property
    def not_seen(self) -> tuple[str, ...]:
        """What could not be looked at, a line for each reason."""
        return tuple(f"{count} {'place' if count == 1 else 'places'}: {why}" for why, count in self._reasons.items())

    def missed(self, why: str) -> None:
        """Something was not seen."""
        self._reasons[why] += 1

    def failed(self, fault: OSError) -> None:
        """The kernel refused, or a link leads outside; what is not there is no fact."""
        if isinstance(fault, FileNotFoundError | NotADirectoryError):
            return
        if isinstance(fault, OutsideError):
            self.missed("a link that leads outside")
        else:
            self.missed((fault.strerror or "cannot be read").lower())

    def entries(self, tree: Tree, path: str = "") -> list[tuple[str, bool]]:
        """Names in a folder, and whether each is a folder; nothing where it cannot be read or a limit is reached."""
        if not self._left or self._late():
            self.complete = False
            return []
        try:
            found = tree.entries(path)
        except OSError as fault:
            self.failed(fault)
            return []
        if len(found) > self._left or len(found) == ENTRIES:
            self.complete = False
        kept = found[: self._left]
        self._left -= len(kept)
        return kept

    def text(self, tree: Tree, path: str, most: int = TEXT_CAP) -> bytes:
        """A small file; empty where it cannot be read."""
        try:
            return tree.read(path, most)
        except OSError as fault:
            self.failed(fault)
            return b""

    def object(self, tree: Tree, path: str) -> dict[str, Any]:
        """A JSON object; empty where there is none to be read."""
        try:
            found = json.decode(self.text(tree, path) or b"{}")
        except (DecodeError, RecursionError, UnicodeError):
            self.missed("JSON that cannot be read")
            return {}
        return found if isinstance(found, dict) else {}

    def weights(self, tree: Tree, path: str, name: str, claims: Callable[[str], str]) -> WeightsFile | None:
        """The file of weights at that path, called `name` in its model; None where it cannot be read.

        `claims` is given its real place below the folder, and tells the SHA-256 that the cache states for it.
        """
        if self._late():
            self.complete = False
            return None
        try:
            fd, facts, place = tree.open(path)
        except OSError as fault:
            self.failed(fault)
            return None
        try:
            form = format_of(name, os.pread(fd, HEAD, 0))
            header, problem = self._header(fd, facts, form)
        except OSError as fault:
            self.failed(fault)
            return None
        finally:
            os.close(fd)
        claimed = claims(place)
        return WeightsFile(
            path=f"{tree.shown.rstrip('/')}/{place}",
            name=name,
            format=form,
            bytes=facts.st_size,
            sha256=claimed,
            proof="name" if claimed else "",
            claimed=claimed,
            header=header,
            problem=problem,
            mode=stat.S_IMODE(facts.st_mode),
            owner=facts.st_uid,
        )

    def _late(self) -> bool:
        return time.monotonic() > self._until

    def writable(self, tree: Tree, path: str, files: Iterable[WeightsFile]) -> bool:
        """Whether every user of this host may change the folder or one of the files."""
        if any(one.mode & stat.S_IWOTH for one in files):
            return True
        try:
            mode = tree.mode(path)
        except OSError:
            return False
        return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX

    def _header(self, fd: int, facts: os.stat_result, form: str) -> tuple[Header | None, str]:
        read = reader_of(form)
        if read is None:
            return None, ""
        key = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        if key not in self._headers:
            self._headers[key] = self._read_header(
                Cursor(reader(fd), facts.st_size, self.limits.header_bytes, self.limits.header_seconds), form
            )
        return self._headers[key]

    @staticmethod
    def _read_header(cursor: Cursor, form: str) -> tuple[Header | None, str]:
        read = reader_of(form)
        try:
            return (read(cursor) if read else None), ""
        except FormatError as fault:
            return None, str(fault)
