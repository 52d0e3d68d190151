"""What a collector hands over: what the sources of this host told it, checked before any of it is believed."""

import re
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from livebom.surfaces import CONTAINERS, Header, Looked, Stock, Workload

WORKLOADS = 20_000
"""At most in one message."""
MODELS = 20_000
SIZE = 64 << 20
"""Bytes of one message."""
SOURCES = frozenset({*CONTAINERS, "process", "kubernetes"})

_CONTAINER = re.compile(r"[0-9a-f]{12,64}")
_PROCESS = re.compile(r"[0-9]{1,10}@[0-9]{1,20}")
_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}")
_NAMESPACE = re.compile(r"[0-9]{0,20}")
_POD = re.compile(r"[ -~]{1,1000}")
_DIGEST = re.compile(r"(?:[0-9a-f]{64})?")
_PID, _PORT, _NUMBER = 1 << 31, 65_535, 1 << 62

Collector = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_.-]{0,63}\Z")]


class HandedOver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One look of a collector; it takes the place of the one before of the same collector."""

    collector: Collector
    looked: Annotated[tuple[Looked, ...], Meta(min_length=1, max_length=64)]
    stock: Stock | None = None
    """The models that lie on this host; None where they were not looked for."""


class TakenOver(Struct, frozen=True, kw_only=True):
    """It is taken, and a look that joins it with what the network told is ordered."""

    collector: str
    workloads: int
    models: int
    counts_for: float
    """Seconds after which it is too old to count."""


def wrong(handed: HandedOver) -> str:
    """Why it cannot be believed, in words; empty where it can."""
    return next(_wrong(handed), "")


def _wrong(handed: HandedOver) -> Iterator[str]:
    told = [one for looked in handed.looked for one in looked.workloads]
    if len(told) > WORKLOADS:
        yield f"{len(told)} workloads are more than {WORKLOADS}"
    for looked in handed.looked:
        source = looked.source.partition(" ")[0]
        if source not in SOURCES:
            yield "a source that is not known"
        if any(one.source != source for one in looked.workloads):
            yield f"a workload of another source than {source}"
    for one in told:
        yield from _of(one)
    if handed.stock is not None:
        yield from _lying(handed.stock)


def _lying(stock: Stock) -> Iterator[str]:
    if len(stock.models) > MODELS:
        yield f"{len(stock.models)} models are more than {MODELS}"
    for file in (file for model in stock.models for file in model.files):
        if not _DIGEST.fullmatch(file.sha256) or not _DIGEST.fullmatch(file.claimed):
            yield "a hash that is none"
        said = file.header or Header()
        numbers = (file.bytes, said.parameters or 0, said.context_length or 0, said.tensors, file.mode, file.owner + 1)
        if any(not 0 <= number < _NUMBER for number in numbers):
            yield "a number that no file has"


def _of(one: Workload) -> Iterator[str]:
    form = {"process": _PROCESS, "containerd": _NAMED, "kubernetes": _POD}.get(one.source, _CONTAINER)
    if not form.fullmatch(one.id):
        yield f"an id that nothing of {one.source} has"
    if any(number is not None and not 0 <= number < _PID for number in (one.pid, one.parent)):
        yield "a process id that no process has"
    if not _NAMESPACE.fullmatch(one.netns):
        yield "a network namespace that has no such number"
    if not 0 <= one.ticks < _NUMBER:
        yield "a start that was never"
    ports = [*(socket.port for socket in one.sockets or ())]
    ports += [port for published in one.published for port in (published.port, published.inner)]
    if any(not 0 <= port <= _PORT for port in ports):
        yield "a port that there is not"
    if one.started is not None and one.started.tzinfo is None:
        yield "a time without a zone"
