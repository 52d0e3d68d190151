"""The fingerprints' conditions in words, for people who ask what is looked at."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from livebom.recognise.rules import Field, Match, Scalar, Test

_KINDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "list": "a list",
    "object": "an object",
    "null": "null",
}


def condition(match: Match) -> str:
    """Everything that must hold of a reply, such as `status 401 or 403, error is "Unauthorized"`; empty for nothing."""
    parts = [
        "" if match.outcome is None else f"outcome {match.outcome}",
        "" if match.banner is None else f"first bytes {tested(match.banner)}",
        "" if match.tls is None else "over TLS" if match.tls else "not over TLS",
        "" if match.status is None else f"status {_either(match.status)}",
        "" if match.reason is None else f"reason {_quoted(match.reason)}",
        "" if match.media is None else f"media type {match.media}",
        *(f"header {name} {tested(wanted)}" for name, wanted in match.header.items()),
        "" if match.body is None else f"body {tested(match.body)}",
        *(f"{path or 'the document'} {tested(wanted)}" for path, wanted in match.json.items()),
    ]
    return ", ".join(part for part in parts if part)


def tested(wanted: Test | Scalar) -> str:
    """What a test asks of one value, as the end of a sentence that begins with the value's name."""
    test = wanted if isinstance(wanted, Test) else Test(equals=wanted)
    parts = [
        "" if test.equals is UNSET else f"is {_quoted(test.equals)}",
        "" if test.one_of is None else f"is {_either([_quoted(one) for one in test.one_of])}",
        "" if test.type is None else f"is {_KINDS[test.type]}",
        "" if test.exists is None else "is there" if test.exists else "is absent",
        "" if test.empty is None else "is empty" if test.empty else "is not empty",
        "" if test.contains is None else f"contains {_quoted(test.contains)}",
        "" if test.matches is None else f"matches /{test.matches}/",
        "" if test.has_keys is None else f"has the keys {', '.join(test.has_keys)}",
        "" if test.only_keys is None else f"has the keys {', '.join(test.only_keys)} and no other",
        "" if test.count is None else f"holds at least {test.count}",
    ]
    return " and ".join(part for part in parts if part)


def place(where: Field | str) -> str:
    """Where a field of a model is read."""
    field = Field(at=where) if isinstance(where, str) else where
    if field.value is not UNSET:
        return f"always {_quoted(field.value)}"
    said = field.at or "the entry itself"
    if field.is_ is not UNSET:
        return f"whether {said} is {_quoted(field.is_)}"
    if field.exists is not None:
        return f"whether {said} is {'there' if field.exists else 'absent'}"
    return said + (f" by /{field.pattern}/" if field.pattern else "")


def grading(severity: str | Mapping[str, str]) -> str:
    """A severity, or one for each exposure."""
    if isinstance(severity, str):
        return str(severity)
    return ", ".join(f"{exposure} {level}" for exposure, level in severity.items())


def _either(values: object) -> str:
    return " or ".join(map(str, values)) if isinstance(values, list) else str(values)


def _quoted(value: Scalar) -> str:
    return msgspec.json.encode(value).decode()
