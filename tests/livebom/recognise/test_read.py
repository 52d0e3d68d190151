"""Versions, models and authentication read from replies, whatever a target put into them."""

from typing import Any

import msgspec
import pytest

from livebom.bom.service import Auth
from livebom.net.reply import Reply
from livebom.recognise import read
from livebom.recognise.catalog import Kit
from livebom.recognise.match import View
from livebom.recognise.rules import Fingerprint, Shared

SHARED = msgspec.convert({"asks": {"random": {"get": "/{nonce}"}, "list": {"get": "/list"}}}, Shared)


def kit(**fields: Any) -> Kit:
    base = {"product": "one", "title": "One", "role": "inference", "grade": "recorded"}
    asks = {"more": {"get": "/more"}, "each": {"get": "/x/{model}", "each": "model"}}
    return Kit(msgspec.convert({**base, "asks": asks, **fields}, Fingerprint), SHARED)


def view(body: Any, status: int = 200, **headers: str) -> View:
    pairs = tuple(headers.items())
    return View(Reply(status=status, headers=pairs, body=msgspec.json.encode(body)))


@pytest.mark.parametrize(
    ("rules", "value", "source"),
    [
        ([{"at": "v"}], "1.2", "GET /list (declared)"),
        ([{"at": "absent"}, {"at": "v", "trust": "exact"}], "1.2", "GET /list (exact)"),
        ([{"at": "v", "status": 404}, {"at": "n"}], "3", "GET /list (declared)"),
        ([{"at": "v", "pattern": r"(\d)\."}], "1", "GET /list (declared)"),
        ([{"at": "v", "pattern": "x"}], None, None),
        ([{"at": "header:Server", "pattern": r"/(\S+)"}], "9", "GET /list (declared)"),
        ([{"at": "body", "pattern": '"n":(.)'}], "3", "GET /list (declared)"),
        ([{"at": "yes"}, {"at": "list"}], None, None),
        ([{"at": "list", "trust": "inferred", "value": ">=2"}], ">=2", "GET /list (inferred)"),
        ([{"at": "v", "trust": "lies", "note": "a constant"}], None, "GET /list says 1.2: a constant"),
        ([{"at": "absent", "trust": "lies"}], None, "GET /list says nothing: known not to be the version"),
    ],
)
def test_the_first_rule_that_yields_a_version_wins(rules: list[Any], value: str | None, source: str | None) -> None:
    replies = {"list": view({"v": "1.2", "n": 3, "yes": True, "list": []}, Server="x/9")}
    rules = [{"ask": "list", **rule} for rule in rules]
    assert read.version(kit(version=rules), replies) == read.Version(value, source)


def test_authentication_is_told_by_the_first_rule_that_holds() -> None:
    rules = [
        {"ask": "more", "status": 405, "auth": "partial"},
        {"ask": "list", "status": 200, "auth": "none"},
        {"ask": "any", "status": 401, "auth": "required"},
    ]
    one = kit(auth=rules)
    assert read.auth(one, {"list": view([]), "more": view("", 405)}) is Auth.PARTIAL
    assert read.auth(one, {"list": view([])}) is Auth.NONE
    assert read.auth(one, {"list": view("", 500), "random": view("", 401)}) is Auth.REQUIRED
    assert read.auth(one, {"list": view("", 500)}) is Auth.UNKNOWN
    assert read.auth(one, {}) is Auth.UNKNOWN


RULES = [
    {"ask": "list", "when": {"json": {"m": {"type": "list"}}}, "each": "m[]", "name": "id", "format": "f"},
    {"ask": "each", "license": "l", "context_length": "c"},
    {"ask": "more", "adds": False, "each": "m[]", "name": "id", "loaded": {"value": True}, "otherwise_loaded": False},
]


def named(one: Kit, *replies: Any, each: Any = None) -> Any:
    found = read.models(one, dict(replies), each)
    return None if found is None else [(m.name, m.format, m.license, m.context_length, m.loaded) for m in found]


def test_rules_fill_in_what_earlier_ones_left_open() -> None:
    listed = ("list", view({"m": [{"id": "a", "f": "gguf"}, {"id": "b"}, {"id": "a", "f": "other"}]}))
    running = ("more", view({"m": [{"id": "b"}, {"id": "unheard of"}]}))
    each = {"each": {"a": view({"l": "mit", "c": "4096"})}}
    assert named(kit(models=RULES), listed, running, each=each) == [
        ("a", "gguf", "mit", 4096, False),
        ("b", None, None, None, True),
    ]


def test_no_list_is_not_an_empty_list() -> None:
    one = kit(models=RULES)
    assert named(one) is None
    assert named(one, ("list", view({"error": "no"}))) is None
    assert named(one, ("list", view({"m": [{"id": "a"}]}, 401))) is None
    assert named(one, ("more", view({"m": [{"id": "a"}]}))) is None
    assert named(one, ("list", view({"m": []}))) == []


@pytest.mark.parametrize("name", [None, 7, "", [], {}, True])
def test_what_is_no_name_is_no_model(name: Any) -> None:
    assert named(kit(models=RULES), ("list", view({"m": [{"id": name}, {}, 3]}))) == []


@pytest.mark.parametrize(
    ("field", "raw", "typed"),
    [
        ("context_length", "512", 512),
        ("context_length", -1, None),
        ("context_length", 10**30, None),
        ("context_length", "٣", None),
        ("context_length", True, None),
        ("context_length", 1.5, None),
        ("loaded", "yes", None),
        ("loaded", False, False),
        ("family", ["a", "b"], "a, b"),
        ("family", [1], None),
        ("family", {"a": 1}, None),
        ("parameters", 118720, "118720"),
        ("license", "x" * 9999, "x" * 512),
        ("license", "  ", None),
    ],
)
def test_fields_hold_what_they_are_for(field: str, raw: Any, typed: Any) -> None:
    one = kit(models=[{"ask": "list", "each": "m[]", "name": "id", field: "f"}])
    found = read.models(one, {"list": view({"m": [{"id": "a", "f": raw}]})})
    assert found is not None
    assert getattr(found[0], field) == typed


def test_a_field_can_be_a_comparison_or_a_presence() -> None:
    rule = {"ask": "list", "each": "[]", "name": "id", "loaded": {"at": "s", "is": "on"}}
    one = kit(models=[rule])
    found = read.models(one, {"list": view([{"id": "a", "s": "on"}, {"id": "b", "s": "off"}, {"id": "c"}])})
    assert [model.loaded for model in found or ()] == [True, False, False]
    rule = {"ask": "list", "each": "[]", "name": "id", "loaded": {"at": "s[0]", "exists": True}}
    found = read.models(kit(models=[rule]), {"list": view([{"id": "a", "s": [1]}, {"id": "b", "s": []}])})
    assert [model.loaded for model in found or ()] == [True, False]


def test_a_list_of_names_alone_and_a_reply_about_one_model() -> None:
    found = read.models(kit(models=[{"ask": "list", "each": "[]", "name": ""}]), {"list": view(["a", "b", 3])})
    assert [model.name for model in found or ()] == ["a", "b"]
    found = read.models(kit(models=[{"ask": "list", "name": "model_id"}]), {"list": view({"model_id": "a"})})
    assert [model.name for model in found or ()] == ["a"]
