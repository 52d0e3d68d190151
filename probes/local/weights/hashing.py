"""SHA-256 of files of weights: a few threads, no faster than told, and nothing twice that has not changed."""

import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

import anyio
from anyio import to_thread
from msgspec import Struct
from msgspec.structs import replace

from probes.local.weights.memory import Memory, key_of, load, save
from probes.local.weights.shapes import CachedModel, Stock, WeightsFile
from probes.local.weights.tree import Tree, placed

BLOCK = 1 << 20
"""Bytes read at once; hashlib lets other threads run meanwhile."""
_GRACE = 0.5
"""Seconds that threads get to notice that they are to end; one that hangs in the kernel is left behind."""
_SAVED = 10.0
"""Seconds after which what was hashed is kept, should nobody get to do it at the end."""


class Hashing(Struct, frozen=True, kw_only=True):
    """How files of weights are hashed in one look, and where it is remembered."""

    read: bool = False
    """Whether files are read at all; else only what is remembered counts, which costs a `stat` each."""
    file: Path | None = None
    """Where the hashes are remembered; None remembers nothing beyond the look."""
    rate: int = 200 << 20
    """Bytes a second, all threads together; 0 is without limit."""
    seconds: float = 600.0
    """For all of it; the next look goes on with what is left."""
    threads: int = 2


class Brake:
    """Lets so many bytes through in a second, all threads together; 0 is without limit."""

    def __init__(self, rate: int, stop: threading.Event) -> None:
        self._rate = rate
        self._stop = stop
        self._free = time.monotonic()
        self._lock = threading.Lock()

    @property
    def stopped(self) -> bool:
        """Whether somebody said to stop."""
        return self._stop.is_set()

    def wait(self, count: int, until: float) -> bool:
        """Wait as long as these bytes take, but not beyond that time; whether to go on."""
        if not self._rate:
            return not self._stop.is_set()
        with self._lock:
            self._free = max(self._free, time.monotonic()) + count / self._rate
            pause = min(self._free, until) - time.monotonic()
        return not self._stop.wait(max(0.0, pause))


async def with_hashes(stock: Stock, how: Hashing) -> Stock:
    """The stock with what is remembered and, where files are to be read, what they hold; kept for the next look.

    Works in threads; where it is cancelled they end, and what they had finished is kept.
    """
    stop, ended = threading.Event(), threading.Event()

    def work() -> Stock:
        try:
            return _kept(stock, how, stop)
        finally:
            ended.set()

    try:
        return await to_thread.run_sync(work, abandon_on_cancel=True)
    finally:
        stop.set()
        if not ended.is_set():
            with anyio.move_on_after(_GRACE, shield=True):
                await to_thread.run_sync(ended.wait, _GRACE, abandon_on_cancel=True)


def _kept(stock: Stock, how: Hashing, stop: threading.Event) -> Stock:
    memory = load(how.file)
    if not how.read:
        return remembered(stock, memory)
    try:
        return hashed(stock, memory, rate=how.rate, threads=how.threads, seconds=how.seconds, stop=stop, file=how.file)
    finally:
        save(how.file, memory)


def remembered(stock: Stock, memory: Memory) -> Stock:
    """The same stock with the hashes of files that were read before and have not changed since."""
    if not memory:
        return stock
    keys = _keys(stock, time.monotonic() + 60.0)
    return _with_all(stock, {path: memory.get(key) for path, key in keys.items()})


def hashed(
    stock: Stock,
    memory: Memory,
    *,
    rate: int = 200 << 20,
    threads: int = 2,
    seconds: float = 3600.0,
    stop: threading.Event | None = None,
    file: Path | None = None,
) -> Stock:
    """The same stock with the SHA-256 of every file as its bytes give it, `proof` being `read`.

    `rate` is bytes a second for all threads together; small files come first, so that one that is too big for the time
    keeps no other waiting. A file that changes while it is read, that cannot be read or whose turn does not come in
    time keeps what was told of it, and a line says how many there are. `file` keeps the memory now and then.
    """
    crew = _Crew(memory, Brake(rate, stop or threading.Event()), time.monotonic() + seconds, file)
    keys = _keys(stock, crew.until)
    crew.run(_jobs(stock, {path: key for path, key in keys.items() if not memory.get(key)}), threads)
    digests = {path: memory.get(key) for path, key in keys.items()}
    paths = _paths(stock)
    missed = [path for path in paths if not digests.get(path)]
    refused = crew.refused & keys.keys() | (paths - keys.keys() if crew.in_time else set())
    lines = tuple(_lines(len(refused.intersection(missed)), len(set(missed) - refused)))
    told = _with_all(stock, digests)
    return replace(told, not_seen=told.not_seen + lines, complete=told.complete and not lines)


def _lines(refused: int, late: int) -> Iterable[str]:
    if refused:
        yield f"{refused} files of weights were not hashed: not readable, or changed meanwhile"
    if late:
        yield f"{late} files of weights were not hashed: no time left; the next look goes on with them"


class _Crew:
    """Threads that hash, each with the next file; they die with the process, whatever a file system does."""

    def __init__(self, memory: Memory, brake: Brake, until: float, file: Path | None) -> None:
        self.until = until
        self.refused: set[str] = set()
        """Files that could not be read, or not in one piece."""
        self._memory, self._brake, self._file = memory, brake, file
        self._left: deque[tuple[str, str]] = deque()
        self._saved = time.monotonic()

    @property
    def in_time(self) -> bool:
        """Whether there is time left, and nobody said to stop."""
        return time.monotonic() < self.until and not self._brake.stopped

    def run(self, jobs: Iterable[tuple[str, str]], threads: int) -> None:
        """Hash the files of these paths and keys; returns when all is done or the time is up."""
        self._left.extend(jobs)
        crew = [threading.Thread(target=self._work, name="hash", daemon=True) for _ in range(threads)]
        for one in crew:
            one.start()
        for one in crew:
            while one.is_alive() and self.in_time:
                one.join(_GRACE)
            one.join(_GRACE)

    def _work(self) -> None:
        while self.in_time:
            try:
                path, key = self._left.popleft()
            except IndexError:
                return
            digest = self._digest(path, key)
            if digest:
                self._memory.put(key, digest)
                self._save()
            elif self.in_time:
                self.refused.add(path)

    def _save(self) -> None:
        if time.monotonic() > self._saved + _SAVED:
            self._saved = time.monotonic()
            save(self._file, self._memory)

    def _digest(self, path: str, key: str) -> str:
        """Hex, empty where there is none to be had."""
        try:
            fd = _opened(path)
        except OSError:
            return ""
        try:
            digest = self._read(fd) if key_of(fd) == key else ""
            return digest if key_of(fd) == key else ""
        except OSError:
            return ""
        finally:
            os.close(fd)

    def _read(self, fd: int) -> str:
        """The hash of all there is; empty where the time is up before."""
        digest = hashlib.sha256()
        while time.monotonic() < self.until:
            block = os.read(fd, BLOCK)
            if not block:
                return digest.hexdigest()
            digest.update(block)
            if not self._brake.wait(len(block), self.until):
                break
        return ""


def _paths(stock: Stock) -> set[str]:
    return {file.path for model in stock.models for file in model.files}


def _keys(stock: Stock, until: float) -> dict[str, str]:
    """What tells by its path whether each file has changed; those that cannot be opened, or in time, are not in it."""
    found = {}
    for path in sorted(_paths(stock)):
        if time.monotonic() > until:
            break
        try:
            fd = _opened(path)
        except OSError:
            continue
        try:
            found[path] = key_of(fd)
        except OSError:
            continue
        finally:
            os.close(fd)
    return found


def _jobs(stock: Stock, keys: Mapping[str, str]) -> Collection[tuple[str, str]]:
    """Path and key of each file once, however many ways lead to it; the smallest first."""
    sizes = {file.path: file.bytes for model in stock.models for file in model.files}
    once = {keys[path]: path for path in sorted(keys, reverse=True)}
    return sorted(((path, key) for key, path in once.items()), key=lambda job: (sizes[job[0]], job[0]))


def _opened(path: str) -> int:
    with Tree(*placed(path), links=False) as tree:  # the path was real when it was told
        return tree.open(PurePosixPath(path).name)[0]


def _with_all(stock: Stock, digests: Mapping[str, str]) -> Stock:
    return replace(stock, models=tuple(_with(model, digests) for model in stock.models))


def _with(model: CachedModel, digests: Mapping[str, str]) -> CachedModel:
    return replace(model, files=tuple(_proven(file, digests.get(file.path, "")) for file in model.files))


def _proven(file: WeightsFile, digest: str) -> WeightsFile:
    return replace(file, sha256=digest, proof="read") if digest else file
