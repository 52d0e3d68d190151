"""The prefilter leaves out only what could not have held: the same is found with every engine and without any."""

import json
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from livebom.net.reply import Reply
from livebom.recognise import engines, needles
from livebom.recognise.asking import Signature
from livebom.recognise.catalog import Catalog, Kit
from livebom.recognise.match import View, holds
from livebom.recognise.path import steps
from livebom.recognise.prefilter import Prefilter
from livebom.recognise.rules import Fingerprint, Match, Shared, Test
from livebom.recognise.sound import ANY
from probes.inspect import Seen
from tests import playback
from tests.playback import Playback, converse
from tests.recording import names

INSTALLED = engines.installed()


class Exhaustive:
    """What the prefilter is to be equal to: every rule is put to every reply."""

    def __init__(self, catalog: Catalog) -> None:
        self.users: dict[Signature, list[tuple[Kit, Match]]] = {}
        for kit in catalog.kits:
            for rule in (*kit.fingerprint.vetoes, *kit.fingerprint.marks):
                asks = kit.signatures if rule.ask == ANY else [rule.ask]
                for request in {kit.signatures[ask] for ask in asks if ask in kit.signatures}:
                    self.users.setdefault(request, []).append((kit, rule))

    def owners(self, request: Signature, view: View) -> list[Kit]:
        return list(dict.fromkeys(kit for kit, rule in self.users.get(request, ()) if holds(rule, view)))


@cache
def catalog(engine: str) -> Catalog:
    ours = playback.catalog()
    made = Catalog([kit.fingerprint for kit in ours.kits], ours.shared, ours.never, engine=engine or None)
    if not engine:
        made.__dict__["prefilter"] = Exhaustive(made)
    return made


@cache
def seen(engine: str) -> list[Seen]:
    # On the default port of the product its own asks are sent, too.
    ports = {name: (catalog(engine).products[name.split("-")[0]].fingerprint.ports or [80])[0] for name in _named()}
    return [converse(Playback(name), ports.get(name, playback.UNNAMED_PORT), known=catalog(engine)) for name in names()]


def _named() -> list[str]:
    return [name for name in names() if name.split("-")[0] in playback.catalog().products]


@pytest.mark.slow
@pytest.mark.parametrize("engine", INSTALLED)
def test_every_recording_is_judged_as_without_a_prefilter(engine: str) -> None:
    for name, mine, whole in zip(names(), seen(engine), seen(""), strict=True):
        assert mine.service == whole.service, name
        assert mine.standings == whole.standings, name


@pytest.mark.slow
def test_the_recordings_speak_for_something() -> None:
    assert sum(bool(one.standings) for one in seen("")) > 200


RULES = [(request, rule) for request, pairs in Exhaustive(playback.catalog()).users.items() for _, rule in pairs]
EXPRESSIONS = sorted({rule.body.matches for _, rule in RULES if isinstance(rule.body, Test) and rule.body.matches})


def _example(draw: st.DrawFn, wanted: Any) -> Any:
    """A value that often passes the test."""
    test = wanted if isinstance(wanted, Test) else Test(equals=wanted)
    if test.equals is not UNSET:
        return test.equals
    if test.one_of is not None:
        return draw(st.sampled_from(test.one_of))
    if test.matches is not None:
        return draw(st.from_regex(test.matches))
    if test.contains is not None:
        return draw(st.sampled_from(["", "x", '"'])) + test.contains
    keys = test.only_keys or test.has_keys
    if keys is not None:
        return dict.fromkeys(keys, draw(st.sampled_from([0, "x", None])))
    by_type = {
        "string": "x",
        "integer": 4,
        "number": 1.5,
        "boolean": True,
        "list": [1],
        "object": {"x": 1},
        "null": None,
    }
    return by_type[test.type or "string"]


def _put(document: Any, path: list[Any], value: Any) -> Any:
    if not path:
        return {**value, **document} if isinstance(document, dict) and isinstance(value, dict) else value
    step, rest = path[0], path[1:]
    if not isinstance(step, str):
        inner = document[-1] if isinstance(document, list) and document else None
        return [_put(inner, rest, value)]
    tree = document if isinstance(document, dict) else {}
    key = step.replace("*", "any", 1)
    return tree | {key: _put(tree.get(key), rest, value)}


@st.composite
def replies(draw: st.DrawFn) -> tuple[Signature, Reply]:
    """A reply made for one of the rules, with something wrong or strange about it now and then."""
    request, rule = draw(st.sampled_from(RULES))
    status = draw(st.sampled_from([200, 404])) if rule.status is None else rule.status
    status = draw(st.sampled_from(status)) if isinstance(status, list) else status
    headers = [
        (draw(st.sampled_from([name, name.upper()])), str(_example(draw, test))) for name, test in rule.header.items()
    ]
    media = rule.media or draw(st.sampled_from(["application/json", "text/html; charset=utf-8", "text/event-stream"]))
    body = ""
    if rule.json:
        document: Any = None
        for path, test in rule.json.items():
            if not (isinstance(test, Test) and test.exists is False):
                document = _put(document, list(steps(path)), _example(draw, test))
        body = draw(st.sampled_from(["", "\n", " " * 70])) + written(draw, document)
        if media == "text/event-stream":
            body = f"event: message\ndata: {body.strip()}\n\n"
    elif rule.body is not None:
        body = str(_example(draw, rule.body))
    raw = body.encode("utf-8", "replace") + draw(st.sampled_from([b"", b"", b"\xff\xfe", b"\\u0041", b"\n"]))
    return request, Reply(status=status, headers=(*headers, ("Content-Type", media)), body=raw)


def written(draw: st.DrawFn, document: Any) -> str:
    """The document as JSON; sometimes every character of its strings is an escape, which means the same."""
    if not draw(st.booleans()):
        return json.dumps(document, ensure_ascii=draw(st.booleans()))
    if isinstance(document, dict):
        return "{" + ",".join(f"{written_text(key)}:{written(draw, value)}" for key, value in document.items()) + "}"
    if isinstance(document, list):
        return "[" + ",".join(written(draw, one) for one in document) + "]"
    return written_text(document) if isinstance(document, str) else json.dumps(document)


def written_text(text: str) -> str:
    units = text.encode("utf-16-be", "replace")
    return '"' + "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2)) + '"'


@pytest.mark.slow
@given(replies())
@settings(max_examples=200)
def test_made_replies_speak_for_the_same_products(made: tuple[Signature, Reply]) -> None:
    request, reply = made
    expected = spoken_for("", request, reply)
    for engine in INSTALLED:
        assert spoken_for(engine, request, reply) == expected


def spoken_for(engine: str, request: Signature, reply: Reply) -> list[str]:
    return [kit.product for kit in catalog(engine).prefilter.owners(request, View(reply))]


@given(st.data())
@settings(max_examples=100)
def test_what_an_expression_finds_has_its_needles(data: st.DataObject) -> None:
    expression = data.draw(st.sampled_from([*EXPRESSIONS, *TRICKY]))
    text = data.draw(st.from_regex(expression))
    for group in needles.of_expression(expression):
        assert any(word in text for word in group), group


TRICKY = [
    r"(abc|de(f|g)hi)*xyz{2,3}", r"abc?def", r"foo(?:bar)?baz", r"[Vv]ersion: \d+", r"(?m)^# TYPE te_[a-z]+ counter$",
    r"one(two|three|)four", r"x{}abc{,2}def", r"(?:abc)+?def", r"a{2}bcd", r"(?=abc)abcdef(?!z)", r"abc\.def\(ghi\)",
    r"(?s)abc.def", r"(?P<name>abc)d\b", r"[]a]bcd[^]x]efg", r"abcd\n\tefgh", r"(a|b)(c|d)(e|f)(g|h)(i|j)klm",
]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (r"<title>(LobeChat|LobeHub)\b", {"<title>LobeChat", "<title>LobeHub"}),
        (r"^Error: (Kobold )?Server", {"Error: Kobold Server", "Error: Server"}),
        (r"[Bb]ig-AGI", {"big-AGI", "Big-AGI"}),
        (r"content=\"[^\"]*end", {'content="'}),
    ],
)
def test_needles_are_whole_words(expression: str, expected: set[str]) -> None:
    assert expected in needles.of_expression(expression)


@pytest.mark.parametrize(
    "expression", [r"(?i)kelvin", r"(?i:kelvin)", r"abc|.", r"(abc)?", r"\w+", r"(x)\1", r"ab|abc"]
)
def test_where_nothing_is_certain_nothing_is_said(expression: str) -> None:
    assert needles.of_expression(expression) == []


WORDS = [f"word{number:02d}".encode() for number in range(20)] + [b'"quoted%02d"' % number for number in range(20)]
WORDS += [b"<title>Page %02d" % number for number in range(20)] + [b"over", b"rover", b'a"b"c']


@pytest.mark.parametrize("engine", INSTALLED)
@given(parts=st.lists(st.sampled_from([*WORDS, b'"', b"<title>", b"x", b"\0", b"\xff"]), max_size=40))
def test_an_engine_finds_every_word_once(engine: str, parts: list[bytes]) -> None:
    text = b"".join(parts)
    assert sorted(scan(engine)(text)) == [number for number, word in enumerate(WORDS) if word in text]


@cache
def scan(engine: str) -> engines.Scan:
    return engines.engine(engine)(WORDS)


def test_an_engine_that_is_not_installed_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    monkeypatch.setitem(sys.modules, "re2", None)
    assert engines.installed() == ["literals"]


def small(engine: str, *marks: dict[str, Any]) -> tuple[Catalog, Signature]:
    shared = msgspec.convert({"asks": {"random": {"get": "/{nonce}"}, "root": {"get": "/"}}}, Shared)
    product = {"product": "one", "title": "one", "role": "inference", "grade": "recorded"}
    rules = [{"ask": "root", "weight": 0.9, "why": "it does"} | mark for mark in marks]
    known = Catalog([msgspec.convert(product | {"marks": rules}, Fingerprint)], shared, engine=engine)
    return known, known.kits[0].signatures["root"]


@pytest.mark.parametrize("engine", INSTALLED)
@pytest.mark.parametrize(
    "mark",
    [
        {"header": {"X-One": {"exists": True}}, "body": {"contains": "hello"}},
        {"header": {"X-One": "yes"}, "body": {"contains": "hello there"}, "json": {"said": {"type": "string"}}},
        {"header": {"X-One": "yes", "X-Two": {"exists": False}}, "json": {"said": "hello there"}},
        {"json": {"said": {"matches": "hello|no"}, "other": {"exists": False}}},
        {"json": {"no": None, "yes": True, "number": 1}},
        {"body": {"contains": "hi"}},
        {"media": "application/json"},
    ],
)
def test_every_kind_of_rule_is_put_to_what_may_fulfil_it(engine: str, mark: dict[str, Any]) -> None:
    known, root = small(engine, mark)
    body = b' {"said": "hello there", "no": null, "yes": true, "number": 1.0, "a": "hi"}'
    reply = Reply(status=200, headers=(("content-type", "application/json"), ("x-one", "yes")), body=body)
    assert known.prefilter.owners(root, View(reply)) == known.kits
    assert known.prefilter.owners(root, View(Reply(status=200, body=b"nobody"))) == []


def test_words_that_rules_share_are_looked_for_behind_their_headers() -> None:
    one, two = ({"header": {name: {"exists": True}}, "body": {"contains": "hello"}} for name in ("X-One", "X-Two"))
    known, root = small("literals", one, two)
    for name, body, expected in (
        ("x-one", b"hello", 1),
        ("X-TWO", b"hello", 1),
        ("x-one", b"bye", 0),
        ("x", b"hello", 0),
    ):
        assert len(known.prefilter.owners(root, View(Reply(status=200, headers=((name, "1"),), body=body)))) == expected


def test_what_a_target_makes_up_is_not_kept() -> None:
    known, root = small("literals", {"header": {"Server": {"contains": "one/"}}})
    for number in range(5020):
        value = f"two/{number}" if number < 2500 else f"two/{number}" * 1000
        assert known.prefilter.owners(root, View(Reply(status=100 + number, headers=(("Server", value),)))) == []
    assert _held(known.prefilter) < 1000
    assert known.prefilter.owners(root, View(Reply(status=200, headers=(("SERVER", "one/1"),)))) == known.kits


def _held(prefilter: Prefilter[Signature, Kit]) -> int:
    """Objects and characters that it keeps."""
    return sum(1 + (len(one) // 100 if isinstance(one, str) else 0) for one in _within(prefilter, set()))


def _within(value: Any, met: set[int]) -> Iterator[object]:
    if id(value) in met:
        return
    met.add(id(value))
    yield value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _within(key, met)
            yield from _within(inner, met)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _within(inner, met)
    elif type(value).__module__ == "livebom.recognise.prefilter":
        yield from _within(vars(value) if hasattr(value, "__dict__") else None, met)
