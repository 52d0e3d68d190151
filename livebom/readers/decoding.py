"""Bytes to JSON values: what is no JSON, too large or too deep is told with its place and a remedy."""

import codecs
import re
from typing import Any, TypeVar

import msgspec

from livebom.readers.problem import ReadProblem

BYTES = 1 << 30
"""Most bytes of one document."""
VALUES = 50_000_000
"""Most JSON values of one document, counted by its commas and opening brackets, so before any memory is taken."""
SMALL = 4096
"""Longest text, in bytes, of a value that `head` decodes."""

_CHUNK = 1 << 20
_BYTE = re.compile(r"\(byte (\d+)\)")
_PLACE = re.compile(r"(?P<reason>.*) - at `(?P<path>[^`]*)`", re.DOTALL)
_BINARY = {
    b"\x1f\x8b": ("a gzip file", "unpack it first: gunzip"),
    b"PK\x03\x04": ("a zip file", "unpack it first: unzip"),
    b"\x28\xb5\x2f\xfd": ("a zstd file", "unpack it first: unzstd"),
    b"\xef\xbb\xbf": ("text that begins with a byte order mark", "save it as UTF-8 without one"),
    b"\xff\xfe": ("UTF-16 text", "save it as UTF-8"),
    b"\xfe\xff": ("UTF-16 text", "save it as UTF-8"),
}

_T = TypeVar("_T")


def head(data: bytes, file: str) -> dict[str, object]:
    """The outermost object's keys with those values whose text is short; a long value is a `msgspec.Raw`.

    Raises ReadProblem for what is not a JSON object in UTF-8 within the limits.
    """
    _check(data, file)
    raw = typed(data, dict[str, msgspec.Raw], file)
    return {key: _decode(value, Any, file) if len(bytes(value)) <= SMALL else value for key, value in raw.items()}


def tree(data: bytes, file: str) -> dict[str, Any]:
    """The whole document as plain values. Raises ReadProblem."""
    return typed(data, dict[str, Any], file)


def typed(data: bytes, kind: type[_T], file: str) -> _T:
    """The whole document as that type. Raises ReadProblem with the path of the first value that does not fit."""
    found: _T = _decode(data, kind, file)
    return found


def _decode(data: bytes | msgspec.Raw, kind: Any, file: str) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise _unfit(str(error), file) from None
    except msgspec.DecodeError as error:
        raise _malformed(str(error), bytes(data), file) from None
    except UnicodeDecodeError as error:
        raise ReadProblem(file, "", f"this is not UTF-8 text ({error.reason})", "save it as UTF-8") from None
    except RecursionError:
        raise ReadProblem(
            file, "", "this JSON is nested too deeply", "no bill of materials needs that; look at where it comes from"
        ) from None


def _unfit(error: str, file: str) -> ReadProblem:
    """A value of the wrong type, or a missing one, in msgspec's words (``Expected … - at `$.path` ``)."""
    found = _PLACE.fullmatch(error)
    reason, path = (found["reason"], found["path"]) if found else (error, "$")
    words = reason[:1].lower() + reason[1:]
    return ReadProblem(file, path, words, "mend the document, or the tool that wrote it")


def _malformed(error: str, data: bytes, file: str) -> ReadProblem:
    """Text that is no JSON; the byte's offset becomes a line and a column."""
    found = _BYTE.search(error)
    if not found:
        return ReadProblem(file, "", "this JSON ends too early", "write or copy the whole file again")
    offset = int(found[1])
    before = data[:offset]
    line, column = before.count(b"\n") + 1, offset - before.rfind(b"\n")
    reason = error.removeprefix("JSON is malformed: ")
    reason = _BYTE.sub(f"at line {line}, column {column} (byte {offset})", reason)
    return ReadProblem(file, "", f"this is not valid JSON: {reason}", "mend the file, or write it again")


def _check(data: bytes, file: str) -> None:
    """Raise ReadProblem for what need not be decoded to be refused."""
    if len(data) > BYTES:
        raise ReadProblem(file, "", f"this is {len(data):,} bytes", f"at most {BYTES:,} are read; split the document")
    for magic, (what, remedy) in _BINARY.items():
        if data.startswith(magic):
            raise ReadProblem(file, "", f"this is {what}, not JSON", remedy)
    text = data.lstrip()
    if not text:
        raise ReadProblem(file, "", "this file is empty", "write the document again")
    if text.startswith(b"<"):
        raise ReadProblem(file, "", "this is XML", "write the JSON form of the bill of materials instead")
    _check_text(data, file)
    values = data.count(b",") + data.count(b"[") + data.count(b"{")
    if values > VALUES:
        raise ReadProblem(file, "", f"this holds up to {values:,} values", f"at most {VALUES:,} are read; split it")


def _check_text(data: bytes, file: str) -> None:
    """Raise ReadProblem for what is not UTF-8: values that are skipped while decoding would hide it."""
    if data.isascii():
        return
    decoder, done = codecs.getincrementaldecoder("utf-8")(), 0
    view = memoryview(data)
    try:
        for done in range(0, len(data), _CHUNK):
            decoder.decode(view[done : done + _CHUNK], final=done + _CHUNK >= len(data))
    except UnicodeDecodeError as error:
        near = done + error.start
        raise ReadProblem(file, "", f"this is not UTF-8 text (near byte {near})", "save it as UTF-8") from None
