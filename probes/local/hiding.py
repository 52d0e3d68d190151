"""Command lines and environments without their secrets: what is hidden is told by its place and its kind."""

import re
from collections.abc import Callable, Iterable

from msgspec import Struct

Redact = Callable[[str], str]

_STAMP = re.compile(r"\[(?P<kind>[a-z][a-z-]*):\d+(?::[0-9a-f]{12})?\]")
"""What `livebom.bom.redact` leaves of a secret, and what is left here where no key is at hand."""
_SECRET = re.compile(
    r"(?:^|[-_.])(?:key|api_?key|token|secret|pass|passwd|password|passphrase|credentials?|apikey|authorization)s?$",
    re.IGNORECASE,
)
"""How the name of an option or variable ends that holds a secret: not `--tokenizer` or `--api-key-file`."""
_COUNTED = re.compile(
    r"(?:max|num|min|total|new|batched|prompt|output|input|n)[-_.](?:\w+[-_.])*tokens?$", re.IGNORECASE
)
_PLAIN = re.compile(r"(?i:|true|false|yes|no|on|off|none|null|[0-9.]{1,6}|~?\.{0,2}/.*)")
"""Values that are no secret whatever their name: switches, small numbers and paths."""


class Cleaned(Struct, frozen=True):
    """Without secrets; those that were there by place (`argv[3]`, `env:HF_TOKEN`) and kind."""

    argv: tuple[str, ...] = ()
    env: dict[str, str] = {}
    env_names: tuple[str, ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()


def clean(argv: Iterable[str], env: Iterable[str], keep: frozenset[str], redact: Redact) -> Cleaned:
    """A command line and `NAME=value` pairs; of the variables only those in `keep` that hold no secret have a value."""
    words, told = clean_argv(tuple(argv), redact)
    values: dict[str, str] = {}
    names: set[str] = set()
    for pair in env:
        name, _, value = pair.partition("=")
        names.add(name)
        kind = kind_of(name, value, redact)
        if kind:
            told.append((f"env:{name}", kind))
        elif name in keep:
            values[name] = value
    return Cleaned(words, values, tuple(sorted(names)), tuple(told))


def clean_argv(argv: tuple[str, ...], redact: Redact) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """The words with every secret replaced, and the place and kind of each."""
    words: list[str] = []
    told: list[tuple[str, str]] = []
    before = ""
    for number, word in enumerate(argv):
        name, equals, value = word.partition("=")
        if before and not word.startswith("--"):
            cleaned = _hidden(before, word, redact)
        elif equals and value:
            cleaned = f"{name}={_hidden(name, value, redact)}"
        else:
            cleaned = redact(word)
        told += [(f"argv[{number}]", match["kind"]) for match in [_STAMP.search(cleaned)] if match and cleaned != word]
        words.append(cleaned)
        before = "" if equals or not word.startswith("-") else word
    return tuple(words), told


def kind_of(name: str, value: str, redact: Redact) -> str:
    """The kind of secret that a variable or option of that name holds; empty for none."""
    cleaned = _hidden(name, value, redact)
    match = _STAMP.search(cleaned) if cleaned != value else None
    return match["kind"] if match else ""


def _hidden(name: str, value: str, redact: Redact) -> str:
    """The value without its secret: by its own form, else by the name it has."""
    cleaned = redact(value)
    if cleaned != value or _PLAIN.fullmatch(value) or not _SECRET.search(name) or _COUNTED.search(name):
        return cleaned
    stamp = _STAMP.search(redact(f'secret="{value}"'))  # by its name: the same stamp as in a document of ours
    return stamp[0] if stamp else f"[named-secret:{len(value)}]"
