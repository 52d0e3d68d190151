"""Conditions on replies: each predicate by itself, and that no reply makes one raise."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.bom.observation import Outcome
from livebom.net.reply import Reply
from livebom.recognise.match import ABSENT, View, holds, passes
from livebom.recognise.rules import Match, Test
from tests.playback import catalog


def view(body: bytes | dict[str, Any] | list[Any] | str = b"", status: int = 200, **headers: str) -> View:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return View(Reply(status=status, headers=pairs, body=raw, reason="OK"))


def match(**fields: Any) -> Match:
    return msgspec.convert(fields, Match)


@pytest.mark.parametrize(
    ("test", "good", "bad"),
    [
        ({"equals": 1}, [1], [True, "1", 2, None]),
        ({"equals": True}, [True], [1, "true"]),
        ({"equals": None}, [None], [0, ""]),
        ({"one_of": ["a", None]}, ["a", None], ["b", 0]),
        ({"matches": r"^\d+\.\d"}, ["1.2", 1.5], ["v1.2", None, ["1.2"], True]),
        ({"contains": "ell"}, ["hello"], ["help", None, 3]),
        ({"type": "integer"}, [3], [True, 3.0, "3"]),
        ({"type": "number"}, [3, 3.5], [True, "3"]),
        ({"type": "boolean"}, [False], [0]),
        ({"type": "null"}, [None], [0, "", []]),
        ({"type": "list"}, [[]], [{}]),
        ({"exists": True}, [None, 0], []),
        ({"empty": True}, ["", [], {}, None], [0, False, "x", [0]]),
        ({"empty": False}, ["x", [0], 0], ["", [], {}, None]),
        ({"has_keys": ["a"]}, [{"a": 1, "b": 2}], [{"b": 1}, ["a"], "a"]),
        ({"only_keys": ["a"]}, [{"a": 1}], [{"a": 1, "b": 2}, {}, ["a"]]),
        ({"count": 2}, [[1, 2], "ab", {"a": 1, "b": 2}], [[1], 5, None]),
        ({"type": "string", "matches": "^a"}, ["ab"], ["ba", 1]),
    ],
)
def test_predicates(test: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    predicate = msgspec.convert(test, Test)
    assert [value for value in good if not passes(predicate, value)] == []
    assert [value for value in bad if passes(predicate, value)] == []


def test_every_named_part_must_hold() -> None:
    seen = view({"a": [{"b": 1}]}, 404, Content_Type="Application/JSON; charset=utf-8", Server="x")
    assert holds(match(status=404, media="application/json", json={"a[].b": 1}), seen)
    assert holds(match(status=[400, 404], reason="OK", tls=False), seen)
    for wrong in (
        {"status": 200},
        {"status": [200, 201]},
        {"reason": "Not OK"},
        {"tls": True},
        {"media": "text/html"},
        {"json": {"a[].b": 2}},
        {"header": {"Server": "y"}},
        {"header": {"Via": {"exists": True}}},
        {"body": "x"},
        {"outcome": "timeout"},
    ):
        assert not holds(match(**wrong), seen), wrong


def test_headers_are_found_whatever_their_case_and_number() -> None:
    reply = Reply(status=200, headers=(("Set-Cookie", "a"), ("set-cookie", "b"), ("ACAO", "")))
    assert holds(match(header={"SET-COOKIE": "b"}), View(reply))
    assert holds(match(header={"acao": {"equals": ""}}), View(reply))
    assert not holds(match(header={"acao": {"exists": False}}), View(reply))
    assert holds(match(header={"Server": {"exists": False}}), View(reply))


def test_absence_is_a_condition_of_its_own() -> None:
    assert holds(match(json={"a": {"exists": False}}), view({"b": 1}))
    assert not holds(match(json={"a": {"exists": False}}), view({"a": None}))
    assert not holds(match(json={"a": {"exists": False}}), view(b"no JSON"))


def test_silence_satisfies_no_condition_on_content() -> None:
    for outcome in Outcome:
        silent = View(Reply(outcome=outcome))
        assert holds(match(), silent) == (outcome is Outcome.OK)
        assert holds(match(outcome=outcome.value), silent)


def test_an_event_stream_is_its_first_event_that_is_json() -> None:
    body = b'event: ping\ndata: hello\n\nevent: message\ndata: {"result": {"a": 1}}\n\ndata: {"a": 2}\n'
    assert view(body, Content_Type="text/event-stream").json == {"result": {"a": 1}}
    assert view(b"event: endpoint\ndata: /x\n", Content_Type="text/event-stream").json is ABSENT
    assert view(body).json is ABSENT


def test_a_condition_made_anew_is_judged_anew() -> None:
    seen = view({"a": 1})
    assert [holds(match(json={"a": n % 2}), seen) for n in range(6)] == [False, True] * 3


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 5000, b"\xff\xfe\x00", b'"\\ud800"', b"1e999", b"9" * 5000, b'{"a":1,"a":2}', b"\x00"],
)
def test_strange_json_is_no_error(body: bytes) -> None:
    seen = view(body)
    for kit in catalog().kits:
        for mark in kit.fingerprint.marks:
            assert holds(mark, seen) in (True, False)


KEYS = ["data", "models", "id", "error", "version", "details", "info", "object", "x"]
numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=25,
)


@given(
    body=st.binary(max_size=200) | json_values.map(msgspec.json.encode),
    status=st.sampled_from([200, 204, 301, 400, 401, 404, 405, 503]),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["Server", "Content-Type", "Allow", "vary", "X", "mcp-session-id"]),
            st.sampled_from(["", "uvicorn", "nginx", "text/event-stream", "application/json", "\xff\x00"]),
        ),
        max_size=4,
    ),
)
@settings(max_examples=80, deadline=None)
def test_no_reply_makes_a_rule_raise(body: bytes, status: int, headers: list[tuple[str, str]]) -> None:
    seen = View(Reply(status=status, headers=tuple(headers), body=body))
    for kit in catalog().kits:
        for rule in (*kit.fingerprint.marks, *kit.fingerprint.vetoes, *kit.fingerprint.auth):
            assert holds(rule, seen) in (True, False)
