"""Versions and ranges of them: a total order over what servers really print, and bounds such as `>=0.6.5,<0.8.5`."""

import re
from functools import lru_cache

from msgspec import Struct

_RELEASE = re.compile(r"v?([0-9]{1,18}(?:\.[0-9]{1,18}){0,7})", re.ASCII)
_BUILD = re.compile(r"b([0-9]{1,18})(?:-[0-9a-z]*)?", re.ASCII)
"""llama.cpp numbers its builds: `b5662-c6a2c9e7`; the commit says nothing about the order."""
_DESCRIBED = re.compile(r"-([0-9]{1,18})-g[0-9a-f]{4,40}(?:-dirty)?", re.ASCII)
"""`git describe`: so many commits after the release."""
_POST = re.compile(r"[-._]?post[-._]?([0-9]{0,18})", re.ASCII)
_DEV = re.compile(r"[-._]?dev[-._]?([0-9]{0,18})", re.ASCII)
_SUFFIX = re.compile(r"(?:(?![0-9])[-._]?[0-9a-z]+(?:[-._][0-9a-z]+)*)?", re.ASCII)
_LOCAL = re.compile(r"[0-9a-z.\-_+]*", re.ASCII)
_WORDS = re.compile(r"[a-z]+|[0-9]{1,18}", re.ASCII)
_BOUND = re.compile(r"(==|<=|>=|!=|<|>)\s*(\S+)")

_SAME = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
"""Spellings that PEP 440 makes one."""
_LONGEST = 128

Words = tuple[tuple[int, int, str], ...]


class Version(Struct, frozen=True, order=True):
    """One version; the fields are the order, first to last. Local parts count, as PEP 440 has it."""

    build: bool
    """A llama.cpp build number; it cannot be compared with releases, and is sorted behind them all."""
    release: tuple[int, ...]
    """Without trailing zeros."""
    phase: int
    """0 development towards the release, 1 before it (a, b, rc), 2 the release, 3 after it (post)."""
    words: Words = ()
    """Of a pre-release; a number comes before a word (semver.org, item 11)."""
    post: int = 0
    finished: bool = True
    """False for `.devN`, which comes before what it leads to."""
    dev: int = 0
    local: Words = ()
    described: bool = False

    @property
    def development(self) -> bool:
        """Whether it was built between releases: what it holds cannot be told from the number."""
        return self.described or not self.finished


@lru_cache(maxsize=4096)
def parse(text: str) -> Version | None:
    """The version that the text is, with or without a leading `v`; None where it is none. Never raises."""
    low = text.strip().lower()
    if len(low) > _LONGEST:
        return None
    if found := _BUILD.fullmatch(low):
        return Version(True, (int(found[1]),), 2)
    public, _, local = low.partition("+")
    found = _RELEASE.match(public)
    if found is None or not _LOCAL.fullmatch(local):
        return None
    rest = public[found.end() :]
    release = _trimmed(found[1])
    if described := _DESCRIBED.fullmatch(rest):
        return Version(False, release, 3, post=int(described[1]), local=_words(local), described=True)
    return _suffixed(release, rest, _words(local)) if _SUFFIX.fullmatch(rest) else None


def _trimmed(digits: str) -> tuple[int, ...]:
    numbers = [int(one) for one in digits.split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _words(text: str) -> Words:
    found = [_SAME.get(word, word) for word in _WORDS.findall(text)]
    return tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in found)


def _suffixed(release: tuple[int, ...], rest: str, local: Words) -> Version:
    post, dev = _POST.search(rest), _DEV.search(rest)
    words = _words(_DEV.sub("", _POST.sub("", rest)))
    phase = 1 if words else 3 if post else 0 if dev else 2
    return Version(
        False,
        release,
        phase,
        words,
        int(post[1] or 0) if post else 0,
        dev is None,
        int(dev[1] or 0) if dev else 0,
        local,
    )


class Bound(Struct, frozen=True):
    """One side of a range."""

    sign: str
    version: Version


@lru_cache(maxsize=4096)
def bounds(text: str) -> tuple[Bound, ...]:
    """The comma-joined bounds of a range; raises ValueError for what cannot be read."""
    found = []
    for part in text.split(","):
        match = _BOUND.fullmatch(part.strip())
        version = parse(match[2]) if match else None
        if match is None or version is None:
            raise ValueError(f"the range {text!r} cannot be read at {part.strip()!r}; write >=0.6.5,<0.8.5")
        found.append(Bound(match[1], version))
    return tuple(found)


def affected(version: Version, within: str) -> bool | None:
    """Whether the version lies in the range; None where the two count differently (builds and releases).

    A local part (`0.8.5+cpu`) is the same release built elsewhere, so it is left out unless the bound names one.
    """
    answer = True
    for bound in bounds(within):
        if bound.version.build != version.build:
            return None
        answer = answer and _holds(version, bound)
    return answer


def _holds(version: Version, bound: Bound) -> bool:
    mine = version if bound.version.local else _public(version)
    if bound.sign in {"==", "!="}:
        return (mine == bound.version) is (bound.sign == "==")
    if bound.sign.startswith("<"):
        return mine < bound.version or (bound.sign == "<=" and mine == bound.version)
    return mine > bound.version or (bound.sign == ">=" and mine == bound.version)


def _public(version: Version) -> Version:
    if not version.local:
        return version
    return Version(
        version.build,
        version.release,
        version.phase,
        version.words,
        version.post,
        version.finished,
        version.dev,
        (),
        version.described,
    )
