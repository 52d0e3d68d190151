"""Looking at an engine that speaks Docker's API or Podman's: list, inspect each at once, note what cannot be read."""

import os
import re
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

import msgspec
from msgspec import Struct

from livebom.net.engine_api import Answer, EngineClient, EngineDoor, EngineError
from probes.local.inspected import UNREADABLE, digest_in, image_id, inspected, workload
from probes.local.proc import Proc
from probes.local.workload import Looked, Window, Workload

_LIST, _ONE, _PING = 64 << 20, 4 << 20, 1 << 16
"""Bytes of an answer at most."""
_AT_ONCE = 4
_SHOWN = 8
"""Containers named in one line."""
_ID = re.compile(r"[0-9a-f]{12,64}")
_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,3})?")
_NEWEST = (1, 43)
"""Of Docker's API, the version whose answers are read here; a server that knows only an older one is asked in that."""
_LONG = 7 * 86400.0
"""Seconds after which a stream of events is begun anew by whoever wants it."""
_PATIENCE = 10.0
"""Seconds for an engine to say that it is there, before its events are waited for."""
_PROC = Proc()
_EVENTS = quote('{"type":["container"],"event":["start","die","died"]}')


class _Listed(Struct, frozen=True):
    id: str = msgspec.field(name="Id")


class _Actor(Struct, frozen=True):
    id: str = msgspec.field(default="", name="ID")


class _Event(Struct, frozen=True):
    action: str = msgspec.field(default="", name="Action")
    status: str = ""
    actor: _Actor | None = msgspec.field(default=None, name="Actor")


class Dialect(Struct, frozen=True):
    """How paths begin, and whose they are."""

    prefix: str
    libpod: bool


def spoken(answer: Answer) -> Dialect:
    """The version to ask in, by the headers of /_ping. Raises EngineError."""
    if answer.status != 200:
        raise EngineError(f"status {answer.status}")
    libpod = answer.headers.get("libpod-api-version", "")
    if _VERSION.fullmatch(libpod):
        return Dialect(f"/v{libpod}/libpod", libpod=True)
    told = answer.headers.get("api-version", "")
    if not _VERSION.fullmatch(told):
        raise EngineError("what answers is no container engine")
    major, minor = (int(part) for part in told.split(".")[:2])
    return Dialect("/v{}.{}".format(*min((major, minor), _NEWEST)), libpod=False)


class Engine:
    """The engine at one place; `NAME` is `docker` or `podman`."""

    def __init__(self, name: str, door: EngineDoor) -> None:
        self.NAME = name
        self._door = door

    def look(self, window: Window) -> Looked:
        """Look once, within the deadline; raises nothing for what the engine does or says."""
        source = f"{self.NAME} {self._door.address}"
        until = time.monotonic() + window.deadline
        try:
            with EngineClient(self._door, until) as client:
                dialect = spoken(client.get("/_ping", _PING))
                if dialect.libpod and self.NAME == "docker":
                    return Looked(source=source, absent=f"{source}: Podman answers there, not Docker")
                return _Look(self.NAME, source, client, dialect, window, until).told()
        except EngineError as error:
            line = f"{source}: {error}"
            if error.missing:
                return Looked(source=source, absent=line)
            return Looked(source=source, not_seen=(line,), complete=False)

    @property
    def place(self) -> str:
        """Its name and where it is."""
        return f"{self.NAME} {self._door.address}"

    def events(
        self, stop: threading.Event, heard: Callable[[str, str], None], ready: Callable[[], None] = lambda: None
    ) -> None:
        """Calls `heard` with action (`start`, `die`) and id as containers come and go, until `stop` or the engine ends.

        `ready` is called once it has answered. Raises EngineError where it cannot be asked.
        """
        with EngineClient(self._door, time.monotonic() + _PATIENCE) as client:
            dialect = spoken(client.get("/_ping", _PING))
        if dialect.libpod and self.NAME == "docker":
            raise EngineError("Podman answers there, not Docker", missing=True)
        with EngineClient(self._door, time.monotonic() + _LONG) as client:
            ready()
            over = threading.Event()
            watcher = threading.Thread(target=_watch, args=(stop, over, client), daemon=True)
            watcher.start()
            try:
                for line in client.lines(f"{dialect.prefix}/events?filters={_EVENTS}"):
                    _tell(line, heard)
            finally:
                over.set()
                watcher.join()


def _watch(stop: threading.Event, over: threading.Event, client: EngineClient) -> None:
    while not over.is_set():
        if stop.wait(0.2):
            client.end()
            return


def _tell(line: bytes, heard: Callable[[str, str], None]) -> None:
    try:
        event = msgspec.json.decode(line, type=_Event)
    except UNREADABLE:
        return
    action, actor = event.action or event.status, event.actor.id if event.actor else ""
    action = "die" if action == "died" else action
    if action in {"start", "die"} and _ID.fullmatch(actor):
        heard(action, actor)


class _Look:
    def __init__(
        self, name: str, source: str, client: EngineClient, dialect: Dialect, window: Window, until: float
    ) -> None:
        self._name, self._source, self._client, self._dialect = name, source, client, dialect
        self._window, self._until = window, until
        self._lock = threading.Lock()
        self._digests: dict[str, str] = {}
        self._notes: dict[str, list[str]] = {}

    def told(self) -> Looked:
        """All containers, in the order of the list."""
        ids = self._ids()
        more = len(ids) - self._window.most
        found = [one for one in _mapped(self._one, ids[: self._window.most]) if one is not None]
        lines = [f"{self._source}: {more} containers are more than are told"] if more > 0 else []
        lines += [self._line(what, which) for what, which in sorted(self._notes.items())]
        complete = more <= 0 and not self._notes.keys() - {"vanished before a look"}
        return Looked(source=self._source, workloads=tuple(found), not_seen=tuple(lines), complete=complete)

    def _line(self, what: str, which: list[str]) -> str:
        shown = ", ".join(sorted(which)[:_SHOWN])
        return f"{self._source}: {len(which)} containers {what}: {shown}{', …' if len(which) > _SHOWN else ''}"

    def _ids(self) -> list[str]:
        answer = self._client.get(f"{self._dialect.prefix}/containers/json?all=true", _LIST)
        if answer.status != 200:
            raise EngineError(f"status {answer.status}")
        try:
            rows = msgspec.json.decode(answer.body, type=list[msgspec.Raw])
        except UNREADABLE:
            raise EngineError("its list of containers cannot be read") from None
        found: dict[str, None] = {}
        for number, row in enumerate(rows):
            try:
                id_ = msgspec.json.decode(row, type=_Listed).id
            except UNREADABLE:
                id_ = ""
            if _ID.fullmatch(id_):
                found[id_] = None
            else:
                self._note("whose row in the list cannot be read", f"row {number + 1}")
        return list(found)

    def _one(self, id_: str) -> Workload | None:
        if time.monotonic() >= self._until:
            return self._note("for which no time was left", id_[:12])
        try:
            answer = self._client.get(f"{self._dialect.prefix}/containers/{id_}/json", _ONE)
            if answer.status == 404:
                return self._note("vanished before a look", id_[:12])
            if answer.status != 200:
                return self._note(f"refused with status {answer.status}", id_[:12])
            one = inspected(answer.body)
            if one.id != id_:
                return self._note("that are told as others", id_[:12])
            told = workload(one, self._name, one.image_digest or self._digest(image_id(one)), self._window)
            if told.pid and not self._may_tell_of(told.pid):
                self._note("whose process is not its user's, so that only the engine's word stands", id_[:12])
                return msgspec.structs.replace(told, pid=None)
            return told
        except EngineError as error:
            return self._note(f"not told ({error})", id_[:12])
        except UNREADABLE:
            return self._note("whose details cannot be read", id_[:12])

    def _may_tell_of(self, pid: int) -> bool:
        """Whether an engine of that user may lead us to a process: who is not root may only to what is its own."""
        peer = self._client.peer
        return peer in {None, 0, os.geteuid()} or peer in _PROC.users(pid)

    def _digest(self, image: str) -> str:
        """Of the image's manifest; one image is asked for once, or twice where two threads meet."""
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", image):
            return ""
        known = self._digests.get(image)
        if known is None:
            answer = self._client.get(f"{self._dialect.prefix}/images/{image}/json", _ONE)
            try:
                known = digest_in(answer.body) if answer.status == 200 else ""
            except UNREADABLE:
                known = ""
            self._digests[image] = known
        return known

    def _note(self, what: str, which: str) -> Workload | None:
        with self._lock:
            self._notes.setdefault(what, []).append(which)
        return None


def _mapped(work: Callable[[str], Workload | None], ids: list[str]) -> list[Workload | None]:
    """What the work comes to for each, some at once; the threads are no executor's, whose end a process waits for."""
    found: list[Workload | None] = [None] * len(ids)
    left = iter(enumerate(ids))
    lock = threading.Lock()
    broken: list[Exception] = []

    def run() -> None:
        try:
            while not broken:
                with lock:
                    number, id_ = next(left, (-1, ""))
                if number < 0:
                    return
                found[number] = work(id_)
        except Exception as error:  # noqa: BLE001 - raised again, in the thread that asked
            broken.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(_AT_ONCE, len(ids)))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if broken:
        raise broken[0]
    return found


def standing(
    paths: Iterable[Path], own: Iterable[tuple[Path, Path]] = (), named: Iterable[Path] = ()
) -> tuple[EngineDoor, ...]:
    """The doors at the sockets that are there, each once; where there is none the first, to be told absent.

    Behind those that somebody named anybody may listen; behind the others root or this user, and behind a user's own,
    which come with the folder they are in, whoever that belongs to.
    """
    usual = frozenset({0, os.geteuid()})
    doors = [EngineDoor(address=f"unix://{path}") for path in named]
    doors += [EngineDoor(address=f"unix://{path}", users=usual) for path in paths]
    doors += [EngineDoor(address=f"unix://{path}", users=usual | _owner(folder)) for path, folder in own]
    found: dict[Path, EngineDoor] = {}
    for door in doors:
        path = Path(door.address.removeprefix("unix://"))
        try:
            if path.is_socket():
                found.setdefault(path.resolve(), door)
        except OSError:  # a folder that may not be entered
            continue
    return tuple(found.values()) or (doors[0],)


def _owner(folder: Path) -> frozenset[int]:
    try:
        return frozenset({folder.lstat().st_uid})
    except OSError:
        return frozenset()


def users_own(environment: Iterable[str], name: str) -> list[tuple[Path, Path]]:
    """The sockets of engines without root, each with its folder: this user's, and everybody's that can be seen."""
    own = [(Path(folder, name), Path(folder)) for folder in environment if folder]
    try:
        return own + [(folder / name, folder) for folder in sorted(Path("/run/user").iterdir())]
    except OSError:
        return own
