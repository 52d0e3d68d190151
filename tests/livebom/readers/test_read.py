"""What is no bill of materials is told with file, place, reason and remedy, and nothing else ever happens."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.document import Document
from livebom.readers import ReadProblem, decoding, formats, read
from tests.livebom.readers.documents import FILES, FOREIGN, bom, tree

PROBLEMS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "f: this file is empty; write the document again"),
    "blank": (b" \n\t", "f: this file is empty; write the document again"),
    "gzip": (b"\x1f\x8b\x08\x00", "f: this is a gzip file, not JSON; unpack it first: gunzip"),
    "byte order mark": (
        b"\xef\xbb\xbf{}",
        "f: this is text that begins with a byte order mark, not JSON; save it as UTF-8 without one",
    ),
    "xml": (
        b'<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>',
        "f: this is XML; write the JSON form of the bill of materials instead",
    ),
    "not utf-8": (b'{"bomFormat": "\xff"}', "f: this is not UTF-8 text (near byte 15); save it as UTF-8"),
    "not utf-8 where it is skipped": (
        b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "x": "\xc3("}',
        "f: this is not UTF-8 text (near byte 55); save it as UTF-8",
    ),
    "malformed": (
        b'{\n  "bomFormat": CycloneDX\n}',
        "f: this is not valid JSON: invalid character at line 2, column 16 (byte 17); mend the file, or write it again",
    ),
    "trailing": (
        b"{} {}",
        "f: this is not valid JSON: trailing characters at line 1, column 5 (byte 4); mend the file, or write it again",
    ),
    "cut off": (b'{"bomFormat": "Cyc', "f: this JSON ends too early; write or copy the whole file again"),
    "a list": (
        b"[]",
        "f: at $: expected `object`, got `array`; mend the document, or the tool that wrote it",
    ),
    "deep": (
        b'{"bomFormat": ' + b"[" * 100_000,
        "f: this JSON is nested too deeply; no bill of materials needs that; look at where it comes from",
    ),
    "no keys": (
        b"{}",
        (
            "f: at $: this JSON is no bill of materials that is read here (it has no keys); "
            "give a document of one of these formats: cyclonedx, livebom, spdx-3.0"
        ),
    ),
    "foreign": (
        b'{"hello\\u202e": 1}',
        (
            "f: at $: this JSON is no bill of materials that is read here (its keys are hello\\u{202e}); "
            "give a document of one of these formats: cyclonedx, livebom, spdx-3.0"
        ),
    ),
    "syft json": (
        b'{"artifacts": [], "descriptor": {"name": "syft"}}',
        "f: at $: this is Syft's own JSON; write CycloneDX: syft \u2026 -o cyclonedx-json",
    ),
    "old cyclonedx": (
        bom(specVersion="1.4"),
        (
            "f: at $.specVersion: this is CycloneDX 1.4, and 1.5, 1.6, 1.7 are read; "
            "convert it: cyclonedx convert --output-version v1_6 --output-format json"
        ),
    ),
    "new cyclonedx": (
        bom(specVersion="2.0"),
        (
            "f: at $.specVersion: this is CycloneDX 2.0, and 1.5, 1.6, 1.7 are read; "
            "convert it: cyclonedx convert --output-version v1_6 --output-format json"
        ),
    ),
    "new livebom": (
        b'{"livebom": 2}',
        "f: at $.livebom: this document has form 2, and form 1 is read; use the livebom that wrote it",
    ),
    "wrong bomFormat": (
        b'{"bomFormat": "SPDX", "specVersion": "1.6"}',
        "f: at $.bomFormat: invalid enum value 'SPDX'; mend the document, or the tool that wrote it",
    ),
    "unknown type": (
        bom(components=[{"type": "library", "name": "a"}, {"type": "spaceship", "name": "b"}]),
        "f: at $.components[1].type: invalid enum value 'spaceship'; mend the document, or the tool that wrote it",
    ),
    "no name": (
        bom(components=[{"type": "library"}]),
        "f: at $.components[0]: object missing required field `name`; mend the document, or the tool that wrote it",
    ),
    "wrong type within": (
        bom(components=[{"type": "library", "name": "a", "components": [{"type": "library", "name": 5}]}]),
        (
            "f: at $.components[0].components[0].name: expected `str`, got `int`; "
            "mend the document, or the tool that wrote it"
        ),
    ),
    "no list": (
        bom(dependencies={"ref": "a"}),
        "f: at $.dependencies: expected `array | null`, got `object`; mend the document, or the tool that wrote it",
    ),
    "bad time": (
        bom(metadata={"timestamp": "yesterday"}),
        "f: at $.metadata.timestamp: invalid RFC3339 encoded datetime; mend the document, or the tool that wrote it",
    ),
    "time out of range": (
        bom(metadata={"timestamp": "0001-01-01T00:00:00+14:00"}),
        "f: at $.metadata.timestamp: this time is out of range; mend the document, or the tool that wrote it",
    ),
    "one bom-ref, two things": (
        bom(components=[{"type": "library", "name": name, "version": "1", "bom-ref": "x"} for name in "aba"]),
        (
            "f: at $.components[{}].bom-ref: the bom-ref `x` stands at $.components[{}] already; "
            "give every entry a bom-ref of its own"
        ),
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_what_cannot_be_read_is_told(case: str) -> None:
    data, words = PROBLEMS[case]
    with pytest.raises(ReadProblem) as caught:
        read(data, "f")
    if case == "one bom-ref, two things":
        assert str(caught.value) in {words.format(a, b) for a in range(3) for b in range(3)}
    else:
        assert str(caught.value) == words


def test_a_problem_names_its_parts() -> None:
    with pytest.raises(ReadProblem) as caught:
        read(b'{"livebom": "\x1b[31m"}', "evil\x1b[2J.json")
    problem = caught.value
    assert (problem.file, problem.path) == ("evil\x1b[2J.json", "")
    assert "\x1b" not in str(problem)


def test_more_bytes_or_values_than_the_limits_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bom(components=[{"type": "library", "name": "a"}] * 50)
    monkeypatch.setattr(decoding, "VALUES", 100)
    with pytest.raises(ReadProblem, match=r"this holds up to 1\d\d values; at most 100 are read; split it"):
        read(data, "f")
    monkeypatch.setattr(decoding, "BYTES", 1000)
    with pytest.raises(ReadProblem, match=r"this is [\d,]+ bytes; at most 1,000 are read; split the document"):
        read(data, "f")


def test_every_format_recognises_its_own_documents_only() -> None:
    heads = {"cyclonedx": {"bomFormat": "CycloneDX"}, "livebom": {"livebom": 1}}
    for name, head in heads.items():
        assert [one for one, reader in formats().items() if reader.recognises(head)] == [name]


leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def steps(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all values within."""
    found = [at] if at else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [path for key, item in inner for path in steps(item, (*at, key))]


@given(st.data(), st.sampled_from(FILES), st.integers(1, 3))
def test_a_mutated_document_is_read_or_refused(data: st.DataObject, name: str, times: int) -> None:
    found = tree(name)
    for _ in range(times):
        path = data.draw(st.sampled_from(steps(found)))
        where = found
        for step in path[:-1]:
            where = where[step]  # type: ignore[index]
        where[path[-1]] = data.draw(values | st.sampled_from(["x", "urn:uuid:1", "http://[::1", "pkg:a/b@c", []]))  # type: ignore[index]
    _read_or_refused(json.dumps(found).encode())


@given(st.sampled_from(FILES), st.integers(0, 8000), st.binary(max_size=4))
def test_a_document_with_broken_bytes_is_read_or_refused(name: str, at: int, put: bytes) -> None:
    data = (FOREIGN / name).read_bytes()
    _read_or_refused(data[:at] + put + data[at + len(put) + 1 :])


@given(
    st.sampled_from(["bomFormat", "livebom", "@context", "x"]), st.dictionaries(st.text(max_size=8), values, max_size=4)
)
def test_any_json_is_read_or_refused(key: str, found: dict[str, Any]) -> None:
    _read_or_refused(json.dumps({**found, key: found.get("a", "CycloneDX")}).encode())


def _read_or_refused(data: bytes) -> None:
    try:
        found: Document | ReadProblem = read(data, "f")
    except ReadProblem as problem:
        found = problem
    assert isinstance(found, Document) or (found.reason and found.remedy)
