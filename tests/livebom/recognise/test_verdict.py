"""What a check concludes: from silence, from a catch-all, from some models of many, and from a version."""

from typing import Any

import msgspec
import pytest

from livebom.bom.observation import Outcome
from livebom.bom.service import Finding, Severity, Verdict
from livebom.net.reply import Reply
from livebom.recognise.catalog import Kit
from livebom.recognise.match import View
from livebom.recognise.rules import Fingerprint, Shared
from livebom.recognise.verdict import Decide, verdicts

SHARED = msgspec.convert({"asks": {"random": {"get": "/{nonce}"}, "list": {"get": "/list"}}}, Shared)
ASKS: dict[str, Any] = {
    "gate": {"get": "/gate"},
    "raw": {"safe_raw": "PING", "ports": [7777]},
    "show": {
        "get": "/show/{model}",
        "each": "model",
        "only_for": {"ask": "list", "each": "[]", "name": "name", "json": {"far": {"exists": False}}},
    },
    "told": {"safe_post": "/told", "json": {"model": "{model}"}, "each": "model"},
}
MODELS = [{"ask": "list", "each": "[]", "name": "name"}]
CHECK: dict[str, Any] = {"id": "open", "title": "Open", "why": "x", "severity": "high", "remediation": "close it"}


def kit(*cves: dict[str, Any], version: list[Any] | None = None, **check: Any) -> Kit:
    rules = [CHECK | check] if check else []
    base = {"product": "one", "title": "One", "role": "inference", "grade": "recorded", "asks": ASKS, "models": MODELS}
    return Kit(
        msgspec.convert({**base, "checks": rules, "cves": list(cves), "version": version or []}, Fingerprint), SHARED
    )


def view(status: int = 200, body: Any = None, **headers: str) -> View:
    return View(Reply(status=status, headers=tuple(headers.items()), body=msgspec.json.encode(body)))


def the(
    one: Kit,
    exposure: str = "private",
    decide: Decide | None = None,
    each: dict[str, dict[str, View]] | None = None,
    **replies: View,
) -> Finding:
    """The only finding."""
    decided = {"open": decide} if decide else None
    [finding] = verdicts(one, replies, exposure, each, decided)
    return finding


GATE: dict[str, Any] = {
    "fail": [{"all": [{"ask": "gate", "status": 405}]}],
    "pass": [{"all": [{"ask": "gate", "status": [401, 403]}]}],
}


def test_fail_pass_and_unknown_with_what_shows_it() -> None:
    one = kit(**GATE)
    failed = the(one, gate=view(405))
    assert (failed.state, failed.evidence, failed.remediation) == (Verdict.FAIL, ("GET /gate -> 405",), "close it")
    assert the(one, gate=view(403)).state is Verdict.PASS
    assert the(one, gate=view(500)).state is Verdict.UNKNOWN
    assert the(one).state is Verdict.UNKNOWN


def test_silence_is_never_a_verdict() -> None:
    lost = View(Reply(outcome=Outcome.TIMEOUT))
    assert the(kit(**GATE), gate=lost).state is Verdict.UNKNOWN
    assert the(kit(**GATE, applies=GATE["fail"]), gate=lost).state is Verdict.UNKNOWN


def test_a_status_that_every_path_gets_shows_no_open_gate() -> None:
    one = kit(**GATE)
    assert the(one, gate=view(405), random=view(405)).state is Verdict.UNKNOWN
    assert the(one, gate=view(405), random=view(404)).state is Verdict.FAIL
    assert the(one, gate=view(403), random=view(403)).state is Verdict.PASS


def test_a_status_with_content_stays_a_proof_beside_a_catch_all() -> None:
    one = kit(fail=[{"all": [{"ask": "gate", "header": {"Access-Control-Allow-Origin": "*"}}]}])
    everywhere = view(200, {}, **{"Access-Control-Allow-Origin": "*"})
    assert the(one, gate=everywhere, random=everywhere).state is Verdict.FAIL


def test_a_refusal_may_be_a_condition_of_a_failure() -> None:
    one = kit(fail=[{"all": [{"ask": "list", "status": 401}, {"ask": "gate", "status": 405}]}])
    assert the(one, list=view(401), gate=view(405), random=view(401)).state is Verdict.FAIL


def test_what_a_check_hangs_on_must_be_refuted_before_it_does_not_apply() -> None:
    one = kit(**GATE, applies=[{"all": [{"ask": "list", "status": 401}]}])
    assert the(one, list=view(401), gate=view(405)).state is Verdict.FAIL
    assert the(one, list=view(200), gate=view(405)).state is Verdict.NOT_APPLICABLE
    assert the(one, gate=view(405)).state is Verdict.UNKNOWN


def test_an_ask_of_another_port_refutes() -> None:
    one = kit(**GATE, applies=[{"all": [{"ask": "raw", "banner": {"contains": "PONG"}}]}])
    assert the(one, gate=view(405)).state is Verdict.NOT_APPLICABLE
    pong = View(Reply(outcome=Outcome.PROTOCOL_ERROR, banner=b"PONG"))
    assert the(one, gate=view(405), raw=pong).state is Verdict.FAIL


@pytest.mark.parametrize(
    ("exposure", "state", "severity"),
    [("loopback", "not_applicable", "low"), ("private", "fail", "low"), ("public", "fail", "critical")],
)
def test_where_it_can_be_reached_from_decides_whether_and_how_much(exposure: str, state: str, severity: str) -> None:
    one = kit(**GATE | {"severity": {"private": "low", "public": "critical"}, "exposures": ["private", "public"]})
    found = the(one, exposure, gate=view(405))
    assert (found.state, found.severity) == (state, severity)


def test_a_clause_may_weigh_more_than_its_check() -> None:
    worst = {"all": [{"ask": "gate", "status": 405, "json": {"worse": True}}], "severity": {"private": "critical"}}
    one = kit(**GATE | {"fail": [worst, *GATE["fail"]]})
    assert the(one, gate=view(405, {"worse": True})).severity is Severity.CRITICAL
    assert the(one, gate=view(405, {})).severity is Severity.HIGH
    assert the(one, gate=view(403)).severity is Severity.HIGH


def test_what_only_a_host_can_confirm_stays_unknown() -> None:
    assert the(kit(**GATE, confirm="host"), gate=view(405)).state is Verdict.UNKNOWN


def test_logic_takes_the_place_of_clauses() -> None:
    seen = view(200, [])
    found = the(kit(**GATE), decide=lambda replies: (Verdict.FAIL, ("list",)), list=seen, gate=view(403))
    assert (found.state, found.evidence) == (Verdict.FAIL, ("GET /list -> 200",))


PROMPT: dict[str, Any] = {
    "fail": [{"all": [{"ask": "show", "json": {"system": {"matches": r"\S"}}}]}],
    "pass": [{"all": [{"ask": "list", "status": 200}, {"ask": "show", "every": True, "status": [200, 404]}]}],
}
NAMES = view(200, [{"name": "A"}, {"name": "B"}, {"name": "C", "far": True}])


def test_one_model_is_enough_to_fail_and_is_named() -> None:
    found = the(
        kit(**PROMPT), list=NAMES, each={"show": {"A": view(200, {}), "B": view(200, {"system": "secret words"})}}
    )
    assert (found.state, found.evidence) == (Verdict.FAIL, ("GET /show/B -> 200",))
    assert b"secret" not in msgspec.json.encode(found)


def test_every_model_that_may_be_asked_about_is_needed_to_pass() -> None:
    one = kit(**PROMPT)
    assert the(one, list=NAMES, each={"show": {"A": view(200, {}), "B": view(404, {})}}).state is Verdict.PASS
    assert the(one, list=NAMES, each={"show": {"A": view(200, {})}}).state is Verdict.UNKNOWN
    assert the(one, list=NAMES, each={"show": {"A": view(200, {}), "B": view(500, {})}}).state is Verdict.UNKNOWN
    assert the(one, list=view(200, [])).state is Verdict.PASS
    assert the(one).state is Verdict.UNKNOWN


def test_without_a_filter_every_served_model_is_needed() -> None:
    one = kit(**{"pass": [{"all": [{"ask": "list"}, {"ask": "told", "every": True, "status": 200}]}]})
    assert the(one, list=view(200, [{"name": "A"}]), each={"told": {"A": view(200)}}).state is Verdict.PASS
    assert (
        the(one, list=view(200, [{"name": "A"}, {"name": "B"}]), each={"told": {"A": view(200)}}).state
        is Verdict.UNKNOWN
    )


def test_a_hostile_name_is_made_fit_for_people() -> None:
    one = kit(fail=[{"all": [{"ask": "told", "status": 200}]}])
    each = {"told": {"\x1b[31m\u202e/../": view(200)}}
    assert the(one, each=each).evidence == ("POST /told for \\u{1b}[31m\\u{202e}/../ -> 200",)
    one = kit(fail=[{"all": [{"ask": "show", "status": 200}]}])
    assert the(one, each={"show": {"\x1b/?": view(200)}}).evidence == ("GET /show/%1B%2F%3F -> 200",)


def test_the_worst_failure_comes_first() -> None:
    checks = [CHECK | GATE | {"id": name, "severity": level} for name, level in (("a", "low"), ("b", "critical"))]
    passing = {"pass": GATE["fail"]}
    checks.append(CHECK | passing | {"id": "c", "severity": "critical"})
    base = {"product": "one", "title": "One", "role": "inference", "grade": "recorded", "asks": ASKS}
    one = Kit(msgspec.convert({**base, "checks": checks}, Fingerprint), SHARED)
    assert [f.id for f in verdicts(one, {"gate": view(405)}, "private")] == ["b", "a", "c"]


SAID = [{"ask": "list", "at": "v", "trust": "declared"}]
OLD = {"id": "CVE-1", "affected": "<0.5.0", "fixed": "0.5.0", "title": "Old one", "severity": "critical"}
MID = {"id": "CVE-2", "affected": ">=0.4.0,<0.6.0", "fixed": "0.6.0", "title": "Middle one"}
OPEN = {"id": "CVE-3", "affected": "<=0.4.5", "title": "No fix", "severity": "low"}


def vulnerable(text: str | None, *cves: dict[str, Any], rules: list[Any] | None = None) -> Finding:
    return the(kit(*(cves or (OLD, MID)), version=rules or SAID), list=view(200, {"v": text}))


def test_a_version_in_ranges_fails_once_with_all_of_them() -> None:
    found = vulnerable("0.4.2")
    assert (found.id, found.state, found.severity) == ("one-vulnerable-version", Verdict.FAIL, Severity.CRITICAL)
    assert found.evidence == (
        "version 0.4.2 from GET /list (declared)",
        "CVE-1: Old one (affected <0.5.0, fixed in 0.5.0)",
        "CVE-2: Middle one (affected >=0.4.0,<0.6.0, fixed in 0.6.0)",
    )
    assert found.remediation == "Upgrade to 0.6.0 or later."
    assert vulnerable("0.5.5").severity is Severity.MEDIUM
    assert "none of these ranges" in vulnerable("0.4.2", OLD, OPEN).remediation


def test_a_version_in_no_range_passes() -> None:
    assert (vulnerable("0.6.0").state, vulnerable("0.6.0").severity) == (Verdict.PASS, Severity.INFO)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (None, SAID),
        ("latest", SAID),
        ("0.4.2", [{"ask": "list", "at": "v", "trust": "lies"}]),
        ("0.4.2", [{"ask": "list", "at": "v", "trust": "inferred", "value": ">=0.4.0"}]),
        ("0.5.9.dev3+g1234567", SAID),
        ("0.1.dev1", SAID),
        ("b4711-0a1b2c3", SAID),
    ],
)
def test_a_version_that_is_not_exactly_known_is_one_unknown_and_no_list(text: str | None, rules: list[Any]) -> None:
    found = vulnerable(text, rules=rules)
    assert (found.title, found.state, found.severity) == ("version unknown", Verdict.UNKNOWN, Severity.INFO)
    assert "CVE" not in " ".join(found.evidence)


def test_behind_another_layer_the_version_may_be_that_layers() -> None:
    [found] = verdicts(kit(OLD, version=SAID), {"list": view(200, {"v": "0.4.2"})}, "private", fronted=True)
    assert (found.state, found.title) == (Verdict.UNKNOWN, "version unknown")


def test_a_build_beyond_every_range_passes() -> None:
    assert vulnerable("0.7.1.dev3").state is Verdict.PASS


def test_what_is_only_known_from_memory_is_not_judged_by() -> None:
    assert vulnerable("0.4.2", OLD | {"grade": "memory"}).state is Verdict.PASS


def test_without_known_vulnerabilities_nothing_is_said() -> None:
    assert verdicts(kit(version=SAID), {"list": view(200, {"v": "0.1.0"})}, "private") == ()


def test_a_range_that_cannot_be_read_is_no_error_of_a_sweep() -> None:
    with pytest.raises(msgspec.ValidationError, match="cannot be read at '<x'"):
        kit({"id": "CVE-4", "affected": "<x", "title": "t"})
