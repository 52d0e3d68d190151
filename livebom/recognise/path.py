"""The small path language of fingerprints: from a decoded JSON document to the values a path leads to."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

MOST = 10_000
"""Items taken of a list; a target may send a million models."""

_STEP = re.compile(r'\.?(?:"(?P<quoted>[^"]*)"|(?P<key>[^.\[\]"]+)|\[(?P<index>\d*)\])')

Step = str | int | None
"""A key, an index, or None for every item; the key `*` is every value of an object, `*x` those whose key ends in x."""


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


def walk(document: Any, path: str, most: int = MOST) -> Iterator[Any]:
    """Every value the path leads to, of each list the first `most`; none where it leads nowhere."""
    return _walk(document, steps(path), 0, most)


def first(document: Any, path: str) -> Any:
    """The first value the path leads to, else None."""
    return next(walk(document, path), None)


def _walk(value: Any, path: tuple[Step, ...], at: int, most: int) -> Iterator[Any]:
    if at == len(path):
        yield value
        return
    for item in _children(value, path[at], most):
        yield from _walk(item, path, at + 1, most)


def _children(value: Any, step: Step, most: int) -> Iterator[Any]:
    if isinstance(value, dict):
        if isinstance(step, str) and step.startswith("*"):
            yield from [inner for key, inner in value.items() if key.endswith(step[1:])][:most]
        elif step in value:
            yield value[step]
    elif isinstance(value, list):
        if step is None:
            yield from value[:most]
        elif isinstance(step, int) and step < len(value):
            yield value[step]
