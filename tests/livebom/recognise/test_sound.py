"""Mistakes in a fingerprint, and what is said about them before anything is sent."""

import re
from typing import Any

import msgspec
import pytest

from livebom.net.reply import Reply
from livebom.recognise.asking import render
from livebom.recognise.catalog import Catalog, Kit
from livebom.recognise.match import View
from livebom.recognise.rules import AskRule, Fingerprint, Shared
from livebom.settings import DataError, parse

SHARED = msgspec.convert({"asks": {"random": {"get": "/{nonce}"}, "root": {"get": "/"}}}, Shared)
HEAD = "product: one\ntitle: One\nrole: inference\ngrade: recorded\n"


def kit(text: str) -> Kit:
    return Kit(parse((HEAD + text).encode(), Fingerprint, "one.yaml")[0], SHARED)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("asks: {a: {gett: /a}}", r"one.yaml:5:\d+: at asks.a.*gett"),
        ("port: [80]", "one.yaml:5.*port"),
        ("marks: [{ask: root, weight: 2, why: x}]", "one.yaml:5.*weight"),
        ("marks: [{ask: root, weight: 0.5}]", "one.yaml:5.*why"),
        ("ports: [70000]", "one.yaml:5.*ports"),
        ("auth: [{ask: root, auth: maybe}]", "one.yaml:5.*auth"),
        ("models: [{ask: root, name: {pattern: x}}]", "one.yaml:5.*needs `at` or `value`"),
        ("checks: [{id: a, title: a, why: a, severity: high, remediation: a, fail: [{all: []}]}]", "one.yaml:5.*all"),
    ],
)
def test_a_wrong_shape_is_told_with_its_file_and_line(text: str, complaint: str) -> None:
    with pytest.raises(DataError) as told:
        kit(text)
    assert re.search(complaint, str(told.value))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("marks: [{ask: nowhere, weight: 0.5, why: x}]", "one: no ask 'nowhere'"),
        ("models: [{ask: nowhere, name: x}]", "one: no ask 'nowhere'"),
        ("asks: {a: {get: /a, after: nowhere}}", "one: no ask 'nowhere'"),
        ("asks: {a: {get: /a, only_for: {ask: nowhere, each: '[]', name: x}}}", "one: no ask 'nowhere'"),
        (
            "checks: [{id: a, title: a, why: a, severity: high, remediation: a, fail: [{all: [{ask: b}]}]}]",
            "no ask 'b'",
        ),
        ("asks: {a: {get: /a, head: /a}}", "one.a: an ask has exactly one of"),
        ("asks: {a: {why: nothing}}", "one.a: an ask has exactly one of"),
        ("asks: {a: {safe_session: PUT /a}}", "one.a: safe_session is written"),
        ("asks: {a: {get: a}}", "one.a: the path must begin with a slash"),
        ("asks: {root: {get: /other}}", "one: shared.yaml already has an ask root"),
        ("marks: [{ask: root, weight: 0.5, why: x, json: {'a[b]': 1}}]", "one: the path 'a\\[b\\]' cannot be read"),
        ("marks: [{ask: root, weight: 0.5, why: x, body: {matches: '('}}]", "one: bad expression '\\('"),
        ("version: [{ask: root, at: 'a[b]'}]", "one: the path"),
        ("version: [{ask: root, at: a, pattern: '('}]", "one: bad expression"),
        ("models: [{ask: root, each: 'a[b]', name: x}]", "one: the path"),
        ("models: [{ask: root, name: x, path: {at: a, pattern: '('}}]", "one: bad expression"),
    ],
)
def test_a_rule_that_makes_no_sense_is_told(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        kit(text)


def test_a_wanted_product_must_be_known() -> None:
    with pytest.raises(ValueError, match="unknown server onne; did you mean one"):
        Catalog([kit("").fingerprint], SHARED, wanted=["onne"])
    with pytest.raises(ValueError, match="unknown server xyz; `livebom catalog` lists them"):
        Catalog([kit("").fingerprint], SHARED, wanted=["xyz"])


def rule(**fields: Any) -> AskRule:
    return msgspec.convert(fields, AskRule)


def test_slots_are_filled_so_that_a_name_stays_a_name() -> None:
    name = "a/../b?c=d#e\r\nX: y{nonce}"
    ask = render("a", rule(get="/m/{model}/config"), nonce="n", model=name)
    assert ask.path == "/m/a%2F..%2Fb%3Fc%3Dd%23e%0D%0AX:%20y%7Bnonce%7D/config"
    ask = render(
        "a", rule(safe_post="/m", json={"model": "{model}", "deep": [{"{model}": "{model}"}]}), nonce="n", model=name
    )
    assert msgspec.json.decode(ask.body) == {"model": name, "deep": [{"{model}": name}]}
    assert dict(ask.headers) == {"Content-Type": "application/json"}
    assert render("a", rule(get="/x-{nonce}"), nonce="n").path == "/x-n"


@pytest.mark.parametrize(
    ("told", "sent"), [("abc-1", "abc-1"), ("", None), ("a b", None), ("é", None), ("x" * 600, None)]
)
def test_a_header_says_back_one_plain_word_or_is_left_out(told: str, sent: str | None) -> None:
    replies = {"begin": View(Reply(status=200, headers=(("Session-Id", told),)))}
    ask = render("a", rule(get="/", headers={"S": "{header:begin:session-id}", "T": "t"}), nonce="n", replies=replies)
    assert dict(ask.headers) == ({"T": "t"} | ({"S": sent} if sent else {}))
