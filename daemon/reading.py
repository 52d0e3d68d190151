"""Reads for everybody who asks, from the published snapshot, so that no question ever waits for a sweep or slows it."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

from livebom.store import Store, snapshot_path

KEPT = 8
"""Answers that are kept until the next snapshot."""

T = TypeVar("T")


class Reader:
    """One question at a time; what was answered of the same snapshot before is not asked again."""

    def __init__(self, path: Path) -> None:
        self.path = snapshot_path(path)
        self._one = CapacityLimiter(1)
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._edition: tuple[int, int] = (0, 0)

    async def ask(self, work: Callable[[Store], T], name: Hashable = None) -> T:
        """What the work comes to; under a name it is kept. Raises StoreError, also where there is no snapshot."""
        kept = self._look_up(name)
        if kept is not None:
            found: T = kept[0]
            return found
        return await to_thread.run_sync(self._ask, work, name, limiter=self._one)

    def published_at(self) -> datetime | None:
        """When the snapshot was published."""
        try:
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except OSError:
            return None

    def _look_up(self, name: Hashable) -> tuple[Any] | None:
        edition = self._stat()
        if edition != self._edition:
            self._kept.clear()
            self._edition = edition
        return (self._kept[name],) if name is not None and name in self._kept else None

    def _ask(self, work: Callable[[Store], T], name: Hashable) -> T:
        edition = self._stat()
        with Store.view(self.path) as store:
            found = work(store)
        if name is not None and edition == self._edition:
            self._kept[name] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def _stat(self) -> tuple[int, int]:
        try:
            its = self.path.stat()
        except OSError:
            return (0, 0)
        return its.st_ino, its.st_mtime_ns
