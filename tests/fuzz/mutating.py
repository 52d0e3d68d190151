"""Changes a JSON document where its structure is, so that what comes out is mostly JSON again, and strange."""

import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1 << 31, 1 << 63, -(1 << 63), 1 << 70, 10**400, 0.5, -0.0, 1e308, 1e-320,
    "", "\x00", "\x1b[31m", "\u202e", "\ud800", "=1+1", "<b>", "a" * 600, "..", "/", "%00", "0" * 5000, "-1", "1e999",
    "\u0661\u0662", "\u00b2", "[", "@", "sha256:", "127.0.0.1:8000", "[::1]:1", "http://[", "0x1", "\n",
    "9999-12-31T23:59:59.999999999+23:59", "0001-01-01T00:00:00Z",
    [], {}, [[]], [None], [0], [""], {"": ""}, {"a": None}, {"\ud800": 1},
)  # fmt: skip
"""Values that a reader may not have thought of."""
_DEEP = 1500

Place = tuple[Any, Any]
"""A list or object, and the index or key in it."""
Change = Callable[[random.Random, list[Place], Place], None]


def places(top: Any) -> list[Place]:
    """Where a value stands in the document, outermost first; of a very large one the first few thousand."""
    found: list[Place] = []
    waiting = [top]
    while waiting and len(found) < 4000:
        inside = waiting.pop()
        keys = list(inside) if isinstance(inside, dict) else range(len(inside)) if isinstance(inside, list) else ()
        for key in keys:
            found.append((inside, key))
            waiting.append(inside[key])
    return found


def _replace(chance: random.Random, every: list[Place], place: Place) -> None:
    place[0][place[1]] = deepcopy(chance.choice(STRANGE))


def _remove(chance: random.Random, every: list[Place], place: Place) -> None:
    del place[0][place[1]]


def _exchange(chance: random.Random, every: list[Place], place: Place) -> None:
    other = chance.choice(every)
    place[0][place[1]] = deepcopy(other[0][other[1]])


def _nest(chance: random.Random, every: list[Place], place: Place) -> None:
    value = place[0][place[1]]
    for _ in range(chance.choice((1, 1, 1, 2, 40))):
        value = [value] if chance.random() < 0.5 else {"a": value}
    place[0][place[1]] = value


def _repeat(chance: random.Random, every: list[Place], place: Place) -> None:
    inside, key = place
    if isinstance(inside, list):
        inside.extend([inside[key]] * chance.choice((1, 2, 300)))
    else:
        inside[f"{key}{chance.choice(('', ' ', '-', '0', '.'))}"] = inside[key]


def _rename(chance: random.Random, every: list[Place], place: Place) -> None:
    inside, key = place
    if isinstance(inside, dict):
        inside[str(chance.choice([other[1] for other in every]))] = inside.pop(key)


def _bend(chance: random.Random, every: list[Place], place: Place) -> None:
    value = place[0][place[1]]
    if isinstance(value, str):
        at = chance.randrange(len(value) + 1)
        strange = chance.choice([one for one in STRANGE if isinstance(one, str)])
        place[0][place[1]] = value[:at] + strange + value[at + chance.randrange(3) :]
    elif isinstance(value, int):
        place[0][place[1]] = chance.choice((-value, value + 1, value * 1000, float(value % 1000), str(value)))


CHANGES: tuple[Change, ...] = (_replace, _replace, _remove, _exchange, _nest, _repeat, _rename, _bend, _bend)


def mutated(data: bytes, seed: int) -> bytes | None:
    """The document with one to four things changed; None where it is no JSON list or object, or too deep or long."""
    chance = random.Random(seed)  # noqa: S311 - the seed is the fuzzer's
    try:
        top = json.loads(data)
        for _ in range(chance.choice((1, 1, 2, 4))):
            every = places(top)
            if not every:
                return None
            chance.choice(CHANGES)(chance, every, chance.choice(every))
        out = json.dumps(top).encode()
    except (ValueError, RecursionError, OverflowError):
        return None
    if chance.random() < 0.002:
        deep = b'{"a":' * _DEEP + b"1" + b"}" * _DEEP if chance.random() < 0.5 else b"[" * _DEEP + b"]" * _DEEP
        out = out[:-1] + b',"zz":' + deep + out[-1:]
    return out
