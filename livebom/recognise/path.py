"""The small path language of fingerprints: from a decoded JSON document to the values a path leads to."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

MOST = 10_000
"""Items looked at per list; a target that sends a million models is judged by its first ones."""

_STEP = re.compile(r'\.?(?:"(?P<quoted>[^"]*)"|(?P<key>[^.\[\]"]+)|\[(?P<index>\d*)\])')

Step = str | int | None
"""A key, an index, or None for every item; the key `*` is every value of an object."""


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[Step, ...]:
    """The steps of a path; raises ValueError that names what cannot be read."""
    found: list[Step] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise ValueError(f'the path {path!r} cannot be read from {path[at:]!r} on; write a.b, a[0], a[] or a."b.c"')
        index = match["index"]
        if index is not None:
            found.append(int(index) if index else None)
        else:
            found.append(match["key"] if match["key"] is not None else match["quoted"])
        at = match.end()
    return tuple(found)


def walk(document: Any, path: str) -> Iterator[Any]:
    """Every value the path leads to; none where it leads nowhere."""
    yield from _walk(document, steps(path), 0)


def first(document: Any, path: str) -> Any:
    """The first value the path leads to, else None."""
    return next(walk(document, path), None)


def _walk(value: Any, path: tuple[Step, ...], at: int) -> Iterator[Any]:
    if at == len(path):
        yield value
        return
    for item in _children(value, path[at]):
        yield from _walk(item, path, at + 1)


def _children(value: Any, step: Step) -> Iterator[Any]:
    if isinstance(value, dict):
        if step == "*":
            yield from list(value.values())[:MOST]
        elif step in value:
            yield value[step]
    elif isinstance(value, list):
        if step is None:
            yield from value[:MOST]
        elif isinstance(step, int) and step < len(value):
            yield value[step]
