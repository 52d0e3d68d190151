"""What is told of a fingerprint is what its rules say, every part of every condition."""

from typing import Any

import msgspec

from livebom.recognise import words
from livebom.recognise.catalog import Catalog
from livebom.recognise.describe import checks, grades, products
from livebom.recognise.rules import Condition, Field, Fingerprint, Match, NeverRule, Shared, Test

SAMPLES: dict[str, Any] = {
    "outcome": "timeout", "status": [401, 403], "reason": "Nope", "header": {"Server": "x"}, "media": "text/html",
    "body": "hello", "json": {"a.b": 1}, "tls": True, "banner": "+PONG",
}  # fmt: skip
TESTS: dict[str, Any] = {
    "equals": "x", "one_of": [1, "b"], "matches": "^a", "contains": "b", "type": "list", "exists": False,
    "empty": True, "has_keys": ["a"], "only_keys": ["a", "b"], "count": 3,
}  # fmt: skip
SHARED = {"asks": {"random": {"get": "/livebom-{nonce}"}, "models": {"get": "/v1/models"}, "root": {"get": "/"}}}
ACME: dict[str, Any] = {
    "product": "acme",
    "title": "Acme Server",
    "role": "inference",
    "grade": "source",
    "ports": [8123],
    "asks": {
        "info": {"get": "/info", "blind": True, "why": "names itself"},
        "show": {"safe_post": "/show", "json": {"m": "{model}"}, "phase": "models", "each": "model", "after": "models"},
        "admin": {"get": "/admin", "phase": "checks", "sensitive": True, "headers": {"Origin": "null"}},
    },
    "marks": [{"ask": "info", "status": 200, "json": {"name": "acme"}, "weight": 0.7, "why": "it says so"}],
    "vetoes": [{"ask": "any", "header": {"Server": {"matches": "^other"}}, "why": "the other one"}],
    "version": [{"ask": "info", "at": "version", "trust": "lies", "note": "its protocol's"}],
    "models": [{"ask": "models", "each": "data[]", "name": "id", "loaded": {"value": True}}],
    "auth": [{"ask": "models", "status": 401, "auth": "required"}],
    "checks": [
        {
            "id": "acme-open",
            "title": "Open",
            "why": "Anyone may use it.",
            "severity": {"private": "high", "public": "critical"},
            "remediation": "Set a key.",
            "cwe": [306],
            "owasp": ["LLM10"],
            "fail": [{"all": [{"ask": "models", "status": 200}, {"ask": "admin", "status": 405}]}],
            "pass": [{"all": [{"ask": "models", "status": [401, 403]}]}],
        }
    ],
    "cves": [
        {"id": "CVE-1", "affected": "<2", "fixed": "2", "title": "Bad", "severity": "high", "source": "advisory"},
        {"id": "CVE-2", "affected": "<3", "title": "Worse", "severity": "critical", "grade": "memory"},
    ],
}


def acme(**changes: Any) -> Catalog:
    never = NeverRule(product="acme", path="/reset", why="resets", source="its code")
    others = NeverRule(product="any", path="/stop", why="stops", source="many")
    fingerprint = msgspec.convert(ACME | changes, Fingerprint)
    return Catalog([fingerprint], msgspec.convert(SHARED, Shared), [never, others])


def test_a_product_is_described_as_its_rules_say() -> None:
    [entry] = products(acme())
    asks = {ask.name: ask for ask in entry.asks}
    assert list(asks) == ["models", "info", "show", "admin"]
    assert (asks["models"].shared, asks["info"].shared, asks["info"].blind) == (True, False, True)
    assert (asks["show"].method, asks["show"].each_model, asks["show"].after) == ("POST", True, "models")
    assert (asks["admin"].sensitive, asks["admin"].headers) == (True, {"Origin": "null"})
    assert entry.marks[0].condition == 'status 200, name is "acme"'
    assert entry.vetoes[0].condition == "header Server matches /^other/"
    assert (entry.versions[0].trust, entry.versions[0].note) == ("lies", "its protocol's")
    assert entry.models[0].fields == {"name": "id", "loaded": "always true"}
    assert (entry.auth[0].auth, entry.auth[0].condition) == ("required", "status 401")
    assert [one.path for one in entry.never] == ["/reset"]
    assert [one.id for one in entry.cves] == ["CVE-1", "CVE-2"]
    assert entry.checks == ["acme-open", "acme-vulnerable-version"]


def test_a_check_is_described_as_its_rules_say() -> None:
    entry, by_version = checks(acme())
    assert entry.severity == {"private": "high", "public": "critical"}
    assert entry.asks == ["GET /v1/models", "GET /admin"]
    assert entry.fail == ["GET /v1/models: status 200; and GET /admin: status 405"]
    assert entry.pass_ == ["GET /v1/models: status 401 or 403"]
    assert b'"pass":' in msgspec.json.encode(entry)
    assert (by_version.id, by_version.severity, by_version.confirm) == ("acme-vulnerable-version", "high", "inferred")
    assert by_version.asks == ["GET /info"]


def test_a_version_is_not_judged_by_what_is_only_remembered() -> None:
    [entry] = checks(acme(cves=ACME["cves"][1:]))
    assert entry.id == "acme-open"


def test_what_is_from_memory_is_counted_apart() -> None:
    entries = [*products(acme()), *products(acme(grade="memory"))]
    assert grades(entries) == {"recorded": 0, "source": 1, "memory": 1}


def test_every_part_of_a_condition_is_said() -> None:
    assert SAMPLES.keys() == set(Match.__struct_fields__)
    assert TESTS.keys() == set(Test.__struct_fields__)
    said = [words.condition(Match(**{name: value})) for name, value in SAMPLES.items()]
    said += [words.tested(Test(**{name: value})) for name, value in TESTS.items()]
    assert all(said)
    assert len(set(said)) == len(said)
    unauthorized = Condition(ask="a", status=[401, 403], json={"error": "no", "": Test(only_keys=["error"])})
    assert words.condition(unauthorized) == (
        'status 401 or 403, error is "no", the document has the keys error and no other'
    )
    assert words.tested(Test(exists=False)) == "is absent"


def test_where_a_field_is_read_is_said() -> None:
    said = [
        words.place(where)
        for where in (
            "id",
            Field(at="id", pattern="^(.*):"),
            Field(at="state", is_="loaded"),
            Field(at="instances[]", exists=True),
            Field(value=None, at=None),
        )
    ]
    assert said == [
        "id",
        "id by /^(.*):/",
        'whether state is "loaded"',
        "whether instances[] is there",
        "always null",
    ]
