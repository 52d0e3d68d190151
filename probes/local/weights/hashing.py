"""SHA-256 of files of weights: a few threads, no faster than told, and nothing twice that has not changed."""

import errno
import hashlib
import os
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

from msgspec import DecodeError, ValidationError, json
from msgspec.structs import replace

from probes.local.weights.shapes import CachedModel, Stock, WeightsFile
from probes.local.weights.tree import Tree, placed

BLOCK = 1 << 20
"""Bytes read at once; hashlib lets other threads run meanwhile."""
REMEMBERED = 100_000
"""Files whose hash is kept; those not met for longest are forgotten first."""


class Memory:
    """Hashes by what tells whether a file has changed: device, inode, size and time of change.

    Made from the bytes that `kept` gave once; bytes that cannot be read are an empty memory.
    """

    def __init__(self, raw: bytes = b"") -> None:
        try:
            self._known = json.decode(raw, type=dict[str, str]) if raw else {}
        except (DecodeError, ValidationError, UnicodeError):
            self._known = {}

    def kept(self) -> bytes:
        """For the next time: a JSON object."""
        return json.encode(dict(list(self._known.items())[-REMEMBERED:]))

    def get(self, key: str) -> str:
        """The hash, empty where it is not known."""
        found = self._known.pop(key, "")
        if found:
            self._known[key] = found  # at the end: met last
        return found

    def put(self, key: str, digest: str) -> None:
        """Remember."""
        self._known[key] = digest


class Brake:
    """Lets so many bytes through in a second, all threads together; 0 is without limit."""

    def __init__(self, rate: int, stop: threading.Event) -> None:
        self._rate = rate
        self._stop = stop
        self._free = time.monotonic()
        self._lock = threading.Lock()

    def wait(self, count: int) -> bool:
        """Wait as long as these bytes take; whether to go on."""
        if not self._rate:
            return not self._stop.is_set()
        with self._lock:
            self._free = max(self._free, time.monotonic()) + count / self._rate
            pause = self._free - time.monotonic()
        return not self._stop.wait(max(0.0, pause))


def hashed(
    stock: Stock,
    memory: Memory,
    *,
    rate: int = 200 << 20,
    threads: int = 2,
    seconds: float = 3600.0,
    stop: threading.Event | None = None,
) -> Stock:
    """The same stock with the SHA-256 of every file as its bytes give it, `proof` being `read`.

    `rate` is bytes a second for all threads together. A file that changes while it is read, that cannot be read or
    whose turn does not come in time keeps what was told of it, and one line says how many there are.
    """
    brake, until = Brake(rate, stop or threading.Event()), time.monotonic() + seconds
    paths = sorted({file.path for model in stock.models for file in model.files})
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="hash") as pool:
        digests = dict(zip(paths, pool.map(lambda path: _digest(path, memory, brake, until), paths), strict=True))
    missed = sum(not digest for digest in digests.values())
    lines = (f"{missed} files were not hashed: changed, not readable, or no time left",) if missed else ()
    return replace(
        stock,
        models=tuple(_with(model, digests) for model in stock.models),
        not_seen=stock.not_seen + lines,
        complete=stock.complete and not missed,
    )


def _with(model: CachedModel, digests: dict[str, str]) -> CachedModel:
    return replace(model, files=tuple(_proven(file, digests[file.path]) for file in model.files))


def _proven(file: WeightsFile, digest: str) -> WeightsFile:
    return replace(file, sha256=digest, proof="read") if digest else file


def _digest(path: str, memory: Memory, brake: Brake, until: float) -> str:
    """Hex, empty where there is none to be had."""
    try:
        with Tree(*placed(path), links=False) as tree:  # the path was real when it was told
            fd, _, _ = tree.open(PurePosixPath(path).name)
    except OSError:
        return ""
    try:
        key = _key(fd)
        found = memory.get(key)
        if found:
            return found
        digest = _read(fd, brake, until)
        if digest and _key(fd) == key:
            memory.put(key, digest)
            return digest
    except OSError:
        pass
    finally:
        os.close(fd)
    return ""


def _key(fd: int) -> str:
    facts = os.fstat(fd)
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, "no regular file")
    return f"{facts.st_dev}:{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}"


def _read(fd: int, brake: Brake, until: float) -> str:
    """The hash of all there is; empty where the time is up before."""
    digest = hashlib.sha256()
    while time.monotonic() < until:
        block = os.read(fd, BLOCK)
        if not block:
            return digest.hexdigest()
        digest.update(block)
        if not brake.wait(len(block)):
            break
    return ""
