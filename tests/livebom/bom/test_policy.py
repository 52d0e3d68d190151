"""What a policy makes of a state: its lists, its accept rows and its severities."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.document import Document, document
from livebom.bom.graph import fold, value
from livebom.bom.observation import EdgeTo, Observation
from livebom.bom.parts import EdgeKind, PartKind
from livebom.bom.policy import Accept, Allowed, Grant, Placement, Policy
from livebom.bom.service import Severity
from livebom.bom.verdicts import Judged, check, judged, violations, with_verdicts, with_violations
from tests.sample import AGENT, LLAMA, MCP, OTHER_AGENT, PAY, QWEN, SHELL, VLLM, looks, sample, seen

E = EdgeKind
K = PartKind
TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
EVERYTHING = Allowed(
    products=("*",),
    models=("*",),
    images=("*",),
    providers=("*",),
    grants=(Grant(),),
    placements=(Placement(),),
)
NOTHING = Allowed(products=(), models=(), images=(), providers=(), grants=(), placements=())


def broken(allow: Allowed, state: Document | None = None) -> dict[str, set[str]]:
    """Each broken rule with the keys of what breaks it, a pair as `one -> other`."""
    found: dict[str, set[str]] = {}
    for one in violations(state or sample(), Policy(allow=allow), TODAY):
        pair = f"{one.part_key} -> {one.other_key}" if one.other_key else one.part_key
        found.setdefault(one.rule.removeprefix("policy."), set()).add(pair)
    return found


def accept(finding: str, where: str, expires: date = TODAY, **more: Any) -> Accept:
    return Accept(finding=finding, where=where, reason="known", expires=expires, **more)


def of(found: tuple[Judged, ...], rule: str) -> list[Judged]:
    return [one for one in found if one.rule == rule]


def state(*said: Observation) -> Document:
    return document(fold(said), looks(sample().at))


def test_no_list_and_lists_of_everything_allow_everything() -> None:
    assert broken(Allowed()) == {}
    assert broken(EVERYTHING) == {}


def test_empty_lists_allow_nothing_that_runs() -> None:
    found = broken(NOTHING)
    assert found["product"] == {VLLM, "lab/10.0.0.6/ollama", "lab/10.0.0.7/open-webui"}
    # The base model and the adapter are known, but nothing serves or uses them.
    assert found["model"] == {LLAMA, QWEN, "hf:baai/bge-m3", "openai:gpt-4o"}
    assert found["placement"] == {f"{LLAMA} -> lab/10.0.0.5", f"{QWEN} -> lab/10.0.0.6"}
    assert found["image"] == {"docker:c0ffee"}
    assert found["provider"] == {"openai.com"}
    assert found["grant"] == {f"{AGENT} -> {SHELL}", f"{AGENT} -> {PAY}", f"{OTHER_AGENT} -> {PAY}"}


@pytest.mark.parametrize(
    ("allow", "left"),
    [
        (Allowed(products=("vllm", "o*")), {}),
        (Allowed(products=("VLLM", "o*")), {"product": {VLLM}}),
        (Allowed(models=("hf:*", "openai:*")), {"model": {QWEN}}),
        (Allowed(models=("Llama-*", "bge-m3", "gpt-4o", "ollama:*/qwen3")), {}),
        (Allowed(images=("vllm/vllm-openai:*",)), {}),
        (Allowed(images=("sha256:1212*",)), {}),
        (Allowed(images=("vllm/vllm-openai:v1*",)), {"image": {"docker:c0ffee"}}),
        (Allowed(providers=("OpenAI",)), {}),
        (Allowed(placements=(Placement(model="hf:*", host="10.0.0.5"), Placement(host="lab/10.0.0.6"))), {}),
        (
            Allowed(placements=(Placement(model="hf:*"), Placement(model=QWEN, host="lab/10.0.0.5"))),
            {"placement": {f"{QWEN} -> lab/10.0.0.6"}},
        ),
        (
            Allowed(grants=(Grant(agent="SalesAgent", tool="pay"), Grant(agent=OTHER_AGENT, mcp_server="payments"))),
            {"grant": {f"{AGENT} -> {SHELL}"}},
        ),
        (
            Allowed(grants=(Grant(agent="*", mcp_server=MCP, tool="refund"), Grant(tool="shell"))),
            {"grant": {f"{AGENT} -> {PAY}", f"{OTHER_AGENT} -> {PAY}"}},
        ),
    ],
)
def test_a_row_fits_by_key_or_name_with_wildcards(allow: Allowed, left: dict[str, set[str]]) -> None:
    assert broken(allow) == left


def test_a_part_goes_by_every_key_of_its_alias_set() -> None:
    served = seen("runtime", K.MODEL, "served:s/x", {"name": "x"}, aliases=("hf:a/x",))
    other = state(served, seen("runtime", K.SERVER, "s", {"product": "vllm"}, [(E.SERVES, K.MODEL, "served:s/x")]))
    for row in ("served:s/x", "hf:a/*", "x"):
        assert broken(Allowed(models=(row,)), other) == {}
    assert len(broken(Allowed(models=("y",)), other)["model"]) == 1


def test_what_is_not_known_is_allowed_by_a_star_only() -> None:
    unknown = state(
        seen("runtime", K.SERVER, "s", {}, [(E.SERVES, K.MODEL, "hf:a/x"), (E.RUNS_ON, K.CONTAINER, "c")]),
        seen("code", K.AGENT, "a", {}, [(E.USES_MCP, K.MCP_SERVER, "https://m.example")]),
    )
    strict = Allowed(
        images=("sha256:*",), placements=(Placement(host="lab/*"),), grants=(Grant(mcp_server="https:*", tool="x"),)
    )
    assert broken(strict, unknown) == {
        "image": {"c"},
        "placement": {"hf:a/x -> s"},
        "grant": {"a -> https://m.example"},
    }
    open_ = Allowed(images=("*",), placements=(Placement(),), grants=(Grant(mcp_server="https:*"),))
    assert broken(open_, unknown) == {}


def test_a_host_is_found_through_container_and_process_and_circles_end() -> None:
    nested = state(
        seen("runtime", K.SERVER, "s", {}, [(E.SERVES, K.MODEL, "m"), (E.RUNS_ON, K.PROCESS, "p")]),
        seen("runtime", K.PROCESS, "p", {}, [(E.RUNS_ON, K.CONTAINER, "c")]),
        seen("runtime", K.CONTAINER, "c", {"image": "i"}, [(E.RUNS_ON, K.HOST, "h"), (E.RUNS_ON, K.PROCESS, "p")]),
    )
    assert broken(Allowed(placements=()), nested) == {"placement": {"m -> h"}}


def test_a_breach_is_a_finding_with_its_place_its_owner_and_a_fix() -> None:
    found = violations(sample(), Policy(allow=NOTHING), TODAY)
    [one] = [each for each in found if each.key == f"policy.product@{VLLM}"]
    assert (one.severity, one.kind, one.name, one.seen) == (Severity.HIGH, K.SERVER, VLLM, ("product vllm",))
    assert one.where == ("lab/10.0.0.5:8000",)
    assert all(each.remediation and each.title for each in found)
    [agent] = [each for each in found if each.other_key == SHELL]
    assert (agent.owner, agent.key) == ("shop-team@example", f"policy.grant@{AGENT} -> {SHELL}")
    assert one.owner == "gpu-team@example", "the owner of its listener"


def test_the_policy_has_the_last_word_on_severities() -> None:
    policy = Policy(
        allow=NOTHING,
        severities={"policy.image": Severity.CRITICAL, "vllm-no-auth": Severity.LOW, "CVE-2026-0001": Severity.INFO},
    )
    found = check(sample(), policy, TODAY)
    assert of(found, "policy.image")[0].severity is Severity.CRITICAL
    [mine] = of(found, "vllm-no-auth")
    assert (mine.severity, mine.native) == (Severity.LOW, Severity.HIGH)
    assert of(found, "CVE-2026-0001")[0].severity is Severity.INFO
    ranks = [one.severity.rank for one in found]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("where", [VLLM, "lab/10.0.0.5:8000", "lab/*", "*:8000"])
def test_an_accept_row_fits_by_the_part_or_a_listener_of_it(where: str) -> None:
    [one] = of(judged(sample(), Policy(accept=(accept("vllm-*", where, by="jo@example"),)), TODAY), "vllm-no-auth")
    assert one.accepted[0].by == "jo@example"


@pytest.mark.parametrize(
    "row", [accept("vllm-*", "lab/10.0.0.6*"), accept("ollama-*", "*"), accept("vllm-*", "*", TODAY - DAY)]
)
def test_a_row_for_another_place_or_finding_or_of_yesterday_accepts_nothing(row: Accept) -> None:
    assert not any(one.accepted for one in check(sample(), Policy(accept=(row,), allow=NOTHING), TODAY))


def test_a_breach_of_a_pair_is_accepted_by_either_key() -> None:
    for where in (AGENT, SHELL):
        found = violations(sample(), Policy(allow=NOTHING, accept=(accept("policy.grant", where),)), TODAY)
        assert [one.accepted != () for one in found if one.other_key == SHELL] == [True]
        assert not any(one.accepted for one in found if one.part_key == OTHER_AGENT)


def test_accepted_findings_stand_last_and_the_longest_row_is_told_first() -> None:
    rows = (accept("vllm-no-auth", VLLM), accept("vllm-*", "*", TODAY + DAY))
    found = check(sample(), Policy(accept=rows), TODAY)
    assert [one.rule for one in found] == ["CVE-2026-0001", "vllm-no-auth"]
    assert found[-1].accepted == (rows[1], rows[0])


def test_rows_that_expired_or_fit_nothing_are_told() -> None:
    rows = (
        accept("vllm-no-auth", "*", TODAY - DAY, by="jo@example"),
        accept("ollama-open-api", "lab/*", TODAY),
        Accept(event="model.new", where="lab/*", reason="known", expires=TODAY - DAY),
        Accept(event="model.gone", where="lab/*", reason="known", expires=TODAY),
    )
    found = check(sample(), Policy(accept=rows), TODAY)
    expired, unused = of(found, "policy.expired"), of(found, "policy.unused")
    assert [(one.severity, one.key) for one in expired] == [
        (Severity.LOW, "policy.expired@model.new lab/*"),
        (Severity.LOW, "policy.expired@vllm-no-auth *"),
    ]
    assert expired[1].seen == ("vllm-no-auth at * was accepted until 2026-11-20", "reason: known, by jo@example")
    assert [(one.severity, one.key) for one in unused] == [(Severity.INFO, "policy.unused@ollama-open-api lab/*")]
    assert not of(found, "vllm-no-auth")[0].accepted


def test_mended_findings_are_not_judged() -> None:
    mended = state(
        seen("runtime", K.FINDING, "a@s", {"rule": "a", "state": "pass", "severity": "high"}),
        seen("runtime", K.FINDING, "b@s", {"rule": "b", "severity": "dire"}),
    )
    [one] = judged(mended, Policy(), TODAY)
    assert (one.rule, one.severity, one.part, one.part_key) == ("b", Severity.MEDIUM, None, "s")


def test_violations_become_parts_with_edges_and_go_with_the_policy() -> None:
    policy = Policy(allow=NOTHING, accept=(accept("policy.image", "*"),))
    whole = with_violations(sample(), policy, TODAY)
    found = violations(sample(), policy, TODAY)
    parts = {part.key: part for part in whole.parts if part.key.startswith("policy.")}
    assert set(parts) == {one.key for one in found}
    ends = {edge.destination: edge.source for edge in whole.edges if edge.kind is E.HAS_FINDING}
    assert all(ends[parts[one.key].id] == one.part for one in found)
    assert {part.id for part in whole.parts} >= set(ends.values())
    accepted = value(parts["policy.image@docker:c0ffee"], "accepted")
    assert accepted == "known (until 2026-11-21)"
    assert with_violations(whole, policy, TODAY) == whole
    assert with_violations(whole, Policy(), TODAY) == sample()
    assert judged(whole, policy, TODAY) == judged(sample(), policy, TODAY)


def test_verdicts_tell_the_severity_here_and_the_original_claims_stay_elsewhere() -> None:
    policy = Policy(severities={"vllm-no-auth": Severity.LOW}, accept=(accept("CVE-*", "*"),))
    told = {part.key: part for part in with_verdicts(sample(), policy, TODAY).parts}
    assert value(told[f"vllm-no-auth@{VLLM}"], "severity") == "low"
    assert value(told["CVE-2026-0001@pkg:pypi/langgraph@1.4.0"], "accepted") == "known (until 2026-11-21)"
    assert with_verdicts(sample(), Policy(), TODAY) == sample()


def test_what_was_accepted_once_is_not_so_for_ever() -> None:
    row = Accept(finding="vllm-*", where="*", reason="a bench", expires=TODAY)
    policy, late = Policy(accept=(row,)), TODAY + timedelta(days=1)
    then = with_verdicts(sample(), policy, TODAY)
    assert sum("accepted" in part.attributes for part in then.parts) == 1
    assert with_verdicts(then, policy, late) == with_verdicts(sample(), policy, late)


SAID = [
    seen("runtime", K.SERVER, "s", {"product": "vllm"}, [(E.SERVES, K.MODEL, "m"), (E.RUNS_ON, K.HOST, "h")]),
    seen("runtime", K.SERVER, "t", {"product": "tgi"}, [(E.SERVES, K.MODEL, "served:t/m")]),
    seen("runtime", K.MODEL, "served:t/m", {"name": "n"}, aliases=("m",)),
    seen("code", K.AGENT, "a", {}, [(E.CAN_CALL, K.TOOL, "x"), (E.USES_MCP, K.MCP_SERVER, "y")]),
    seen("code", K.MCP_SERVER, "y", {}, [(E.EXPOSES, K.TOOL, "x")]),
]


@given(st.permutations(SAID), st.sets(st.sampled_from(["products", "models", "grants", "placements"])))
def test_the_order_of_what_was_seen_does_not_matter(said: list[Observation], lists: set[str]) -> None:
    policy = Policy(allow=msgspec.structs.replace(Allowed(), **dict.fromkeys(lists, ())))
    assert check(state(*said), policy, TODAY) == check(state(*SAID), policy, TODAY)
    assert with_violations(state(*said), policy, TODAY).parts == with_violations(state(*SAID), policy, TODAY).parts


def test_edges_that_lead_nowhere_are_no_breach() -> None:
    lone = seen("code", K.AGENT, "a", {}, [])
    graph = fold([msgspec.structs.replace(lone, edges=(EdgeTo(kind=E.CAN_CALL, to_kind=K.TOOL, to="x"),))])
    cut = msgspec.structs.replace(graph, parts={id_: part for id_, part in graph.parts.items() if part.kind is K.AGENT})
    assert violations(document(cut, []), Policy(allow=NOTHING), TODAY) == ()
