"""The cluster's own word: pods, services, ingresses and InferenceServices, listed page by page and watched."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct, field

from livebom.net.cluster import ClusterError, Door, get, lines
from probes.local.pods import Thing, Things, workloads
from probes.local.workload import Looked, Window

NAME = "kubernetes"

PAGE = 500
"""Objects asked for at once."""
_PATHS = {
    "pods": "/api/v1/pods",
    "services": "/api/v1/services",
    "ingresses": "/apis/networking.k8s.io/v1/ingresses",
    "inference": "/apis/serving.kserve.io/v1beta1/inferenceservices",
}
_GONE = 410
_TRIES = 3
"""How often a list is begun anew after its place in the history is gone."""
_PAUSE, _LONGEST, _DOUBLED = 0.01, 5.0, 10
"""Seconds between watches that tell nothing: the first, the longest, and how often it is doubled."""


class _Standing(Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_: str = field(default="", name="continue")


class _Page(Struct, frozen=True):
    metadata: _Standing = field(default_factory=_Standing)
    items: list[Thing] | None = None


class _Event(Struct, frozen=True):
    type: str
    object: dict[str, Any] = {}


class Change(Struct, frozen=True):
    """One object that came, changed or went; `relisted` says that what happened between is not known."""

    type: str
    """ADDED, MODIFIED, DELETED, or RELISTED."""
    namespace: str = ""
    name: str = ""


class Cluster:
    """One cluster; `name` is the context's, or `in-cluster`."""

    NAME = NAME

    def __init__(self, name: str, door: Door) -> None:
        self.name = name
        self._door = door

    @property
    def place(self) -> str:
        """Its name and which cluster it is."""
        return f"{NAME} {self.name}"

    def look(self, window: Window) -> Looked:
        """List everything once, within the deadline; raises nothing for what the cluster does or says."""
        until = time.monotonic() + window.deadline
        notes: list[str] = []
        found = {kind: tuple(self._of(kind, until, window.most, notes)) for kind in _PATHS}
        told = tuple(workloads(Things(**found), self.name, window.keep_env, window.redact))
        if len(told) > window.most:
            notes.append(f"{NAME} {self.name}: {len(told) - window.most} containers are more than are told")
        return Looked(
            source=f"{NAME} {self.name}",
            workloads=told[: window.most],
            not_seen=tuple(notes),
            complete=not notes,
        )

    def changes(self, seconds: float, ready: Callable[[], None] = lambda: None) -> Iterator[Change]:
        """Pods as they come, change and go, for so long. Raises ClusterError where the cluster cannot be asked.

        `ready` is called once the cluster has answered. Bookmarks move the place to go on from; where that is gone from
        the history, the pods are listed anew, and that is said.
        """
        until = time.monotonic() + seconds
        since = self._version(until)
        ready()
        empty = 0
        while time.monotonic() < until:
            if empty:  # a server that ends each watch at once is not to be asked without a pause
                threading.Event().wait(min(_PAUSE * 2**empty, _LONGEST, max(0.0, until - time.monotonic())))
            empty += empty < _DOUBLED
            try:
                for event in self._watched(since, until):
                    empty = 0
                    meta = event.object.get("metadata")
                    meta = meta if isinstance(meta, dict) else {}
                    if event.type == "ERROR":
                        code = event.object.get("code")
                        raise ClusterError("the watch ended", code if isinstance(code, int) else 0)
                    since = str(meta.get("resourceVersion") or since)
                    if event.type != "BOOKMARK":
                        yield Change(event.type, str(meta.get("namespace", "")), str(meta.get("name", "")))
            except ClusterError as error:
                if error.status != _GONE:
                    raise
                since = self._version(until)
                yield Change("RELISTED")

    def _of(self, kind: str, until: float, most: int, notes: list[str]) -> list[Thing]:
        things: list[Thing] = []
        try:
            self._listed(_PATHS[kind], until, most, things)
        except ClusterError as error:
            # A cluster without KServe has no such resource: quite usual.
            if not (kind == "inference" and error.status == 404):
                notes.append(f"{NAME} {self.name}: {kind}: {error}")
        return things

    def _listed(self, path: str, until: float, most: int, found: list[Thing]) -> str:
        """All pages into `found`; where the next one is gone, from the beginning. Returns the version listed."""
        for attempt in range(_TRIES):
            found.clear()
            token = ""
            try:
                while True:
                    page = _decoded(get(self._door, _query(path, token), until))
                    found += page.items or []
                    token = page.metadata.continue_
                    if not token or len(found) >= most:
                        return page.metadata.resource_version
            except ClusterError as error:
                if error.status != _GONE or attempt == _TRIES - 1:
                    raise
        raise ClusterError("its history moved on while it was listed", _GONE)

    def _version(self, until: float) -> str:
        return self._listed(_PATHS["pods"], until, 1 << 30, [])

    def _watched(self, since: str, until: float) -> Iterator[_Event]:
        left = max(1, int(until - time.monotonic()))
        path = f"{_PATHS['pods']}?watch=1&allowWatchBookmarks=true&resourceVersion={quote(since)}&timeoutSeconds={left}"
        for line in lines(self._door, path, until):
            try:
                yield msgspec.json.decode(line, type=_Event)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise ClusterError("an event that cannot be read") from None


def _query(path: str, token: str) -> str:
    return f"{path}?limit={PAGE}" + (f"&continue={quote(token, safe='')}" if token else "")


def _decoded(body: bytes) -> _Page:
    try:
        return msgspec.json.decode(body, type=_Page)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ClusterError("an answer that cannot be read") from None
