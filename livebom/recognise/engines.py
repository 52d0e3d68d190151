"""Which of many words stand in a text: hyperscan or google-re2 where they are installed, else one by one."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

Scan = Callable[[bytes], Collection[int]]
"""The numbers of the words that stand in the text; each once, in any order."""

Build = Callable[[Sequence[bytes]], Scan]
"""Makes a scan for these words, none of them empty."""

WORTH = 24
"""Fewest words for which an engine of its own is quicker than one look after another."""

_STEM = 7
"""Bytes with which a family of words begins, such as `<title>`."""
_FAMILY = 8
"""Fewest words for which a look for what they share pays."""
_PLACES = 16
"""Most places at which a family is looked for one by one."""
_QUOTED = re.compile(rb'"[^"]+"')

_MEMORY = 64 << 20
"""Bytes that one set of google-re2 may use: too few and it would find nothing, and not say so."""


def literals(words: Sequence[bytes]) -> Scan:
    """With nothing but the standard library: words in quotes all at once, families by their common beginning."""
    quoted = {word[1:-1]: number for number, word in enumerate(words) if _QUOTED.fullmatch(word)}
    if len(quoted) < _FAMILY:
        quoted = {}
    families: dict[bytes, list[tuple[int, bytes]]] = {}
    for number, word in enumerate(words):
        if word[1:-1] not in quoted or not _QUOTED.fullmatch(word):
            families.setdefault(word[:_STEM], []).append((number, word))
    large = [_family(stem, family) for stem, family in families.items() if len(family) >= _FAMILY]
    single = [pair for family in families.values() if len(family) < _FAMILY for pair in family]

    def scan(data: bytes) -> Collection[int]:
        found = [number for number, word in single if word in data]
        for look in large:
            found += look(data)
        if quoted and b'"' in data:
            # What stands between two quotes, whichever they are.
            found += [quoted[piece] for piece in quoted.keys() & set(data.split(b'"')[1:-1])]
        return found

    return scan


def _family(stem: bytes, family: list[tuple[int, bytes]]) -> Scan:
    """Looks for the words only where their common beginning stands."""
    longest = max(len(word) for _, word in family)

    def look(data: bytes) -> Collection[int]:
        at = data.find(stem)
        near = []
        while at >= 0:
            near.append(data[at : at + longest])
            if len(near) > _PLACES:
                near = [data]
                break
            at = data.find(stem, at + 1)
        text = b"\0".join(near)
        return [number for number, word in family if word in text] if near else ()

    return look


def google_re2(words: Sequence[bytes]) -> Scan:
    """With google-re2. Raises ImportError where it is not installed."""
    import re2

    options = re2.Options()
    options.literal = options.never_capture = True
    options.max_mem = _MEMORY
    options.encoding = re2.Options.Encoding.LATIN1
    found = re2.Set.SearchSet(options)
    for word in words:
        found.Add(word)
    found.Compile()
    match: Callable[[bytes], list[int] | None] = found.Match
    return lambda data: match(data) or ()


def hyperscan(words: Sequence[bytes]) -> Scan:
    """With hyperscan. Raises ImportError where it is not installed."""
    import hyperscan as library

    database = library.Database(mode=library.HS_MODE_BLOCK)
    database.compile(
        expressions=list(words),
        ids=list(range(len(words))),
        elements=len(words),
        flags=library.HS_FLAG_SINGLEMATCH,
        literal=True,
    )
    otherwise = literals(words)

    def note(number: int, _start: int, _end: int, _flags: int, found: Any) -> None:
        found.append(number)

    def scan(data: bytes) -> Collection[int]:
        found: list[int] = []
        try:
            database.scan(data, match_event_handler=note, context=found)
        except library.error:  # its scratch space is in use by another thread
            return otherwise(data)
        return found

    return scan


ENGINES: dict[str, Build] = {"hyperscan": hyperscan, "re2": google_re2, "literals": literals}
"""The fastest first; all find the same."""


def installed() -> list[str]:
    """The names of the engines that work here, the fastest first."""
    return [name for name, build in ENGINES.items() if _works(build)]


def _works(build: Build) -> bool:
    try:
        return list(build([b"word", b"other"])(b"a word")) == [0]
    except Exception:  # noqa: BLE001 - whatever is wrong with a library of others, there is another way
        return False


def engine(name: str) -> Build:
    """Scans of few words go one by one whatever the engine, since that is quicker."""
    build = ENGINES[name]
    return lambda words: (build if len(words) >= WORTH else literals)(words)
