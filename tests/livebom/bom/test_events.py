"""What a comparison tells: which event, how bad, what is gone and what cannot be said to be."""

from uuid import UUID

import msgspec
import pytest

from livebom.bom.change import Comparison, Status
from livebom.bom.document import Document, Look
from livebom.bom.events import History, compare
from livebom.bom.identity import canonical
from livebom.bom.policy import Policy
from tests.livebom.bom.changes_page import AFTER, BEFORE, TODAY, named, state
from tests.sample import older, sample

SERVER = "server s product=vllm auth=required"
PLACE = "listener lab/10.0.0.5:80 zone=lab host=10.0.0.5 port=80"
AT = "server s listens_on listener lab/10.0.0.5:80"
ESTATE = f"{SERVER}\n{PLACE}\n{AT}\nserver s serves model m digest=1\nserver s has_finding finding open@s\n"
ESTATE += "finding open@s rule=open state=fail severity=high"
AGENT = "agent a name=a @code"
REACH = "endpoint e auth=none @web\nendpoint e routes_to agent a @web\n" + AGENT


def told(before: str, after: str, policy: str = "{}", **more: History | bool) -> list[str]:
    """`severity event` of each change."""
    return [f"{one.severity} {one.event}" for one in compared(before, after, policy, **more).changes]


def compared(before: str, after: str, policy: str = "{}", **more: History | bool) -> Comparison:
    rules = msgspec.yaml.decode(policy, type=Policy)
    return between(state(before, BEFORE), state(after, AFTER), rules, **more)


def between(old: Document, new: Document, policy: Policy = Policy(), **more: History | bool) -> Comparison:  # noqa: B008
    history, complete = more.get("history"), more.get("assume_complete") is True
    known = history if isinstance(history, History) else History()
    return compare(old, new, policy, TODAY, history=known, assume_complete=complete)


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        ("host h", "host h\nserver s exposure=loopback auth=none", ["medium server.new"]),
        ("host h", "host h\nserver s exposure=public auth=none", ["critical server.new"]),
        ("host h", "host h\nserver s auth=unknown", ["high server.new"]),
        ("server s auth=unknown", "server s auth=none", ["info part.changed"]),
        ("server s auth=partial", "server s auth=none", ["critical auth.removed"]),
        ("server s exposure=private auth=none", "server s exposure=public auth=none", ["critical server.bind_widened"]),
        ("server s exposure=public", "server s exposure=private", ["info part.changed"]),
        ("model m license=mit", "model m license=apache-2.0", ["low license.changed"]),
        ("model m", "model m license=mit", []),
        ("model m name=a", "model m name=b", []),
        ("model m license=mit", "model m license=mit\nadapter n license=mit", ["medium model.new"]),
        ("model m license=mit", "model m license=mit\nadapter n", ["high model.new"]),
        ("weights w signature=valid", "weights w signature=invalid", ["critical weights.signature_lost"]),
        ("weights w signature=none", "weights w signature=valid", ["info part.changed"]),
        ("tool t capabilities=[exec]", "tool t capabilities=[exec,fs-read]", ["medium tool.capability_added"]),
        ("tool t description_sha256=1", "tool t description_sha256=2", ["info part.changed"]),
        ("guardrail g text_sha256=1", "guardrail g text_sha256=2", ["high prompt.changed"]),
        ("process p exe=/a\nhost h", "process q exe=/a\nhost h", []),
        ("finding x@s rule=x state=fail severity=high", "finding x@s rule=x state=pass", ["info finding.closed"]),
        ("host h", "host h\nfinding x@s rule=x state=pass", []),
        ("host h", "host h\nfinding x@s rule=x severity=high", ["high finding.opened"]),
    ],
)
def test_a_step_and_its_circumstances_make_the_event_and_its_severity(
    before: str, after: str, events: list[str]
) -> None:
    assert told(before, after) == events


@pytest.mark.parametrize(
    ("policy", "event"),
    [
        ("allow: {models: ['hf:*']}", "medium model.new"),
        ("allow: {models: [other]}", "high model.new"),
        ("allow: {models: ['hf:*'], placements: [{model: 'hf:*', host: 10.0.0.9}]}", "high model.new"),
        ("allow: {models: ['hf:*'], placements: [{model: 'hf:*', host: '10.0.0.*'}]}", "medium model.new"),
        ("severities: {model.new: info}", "info model.new"),
    ],
)
def test_the_policy_judges_a_new_model(policy: str, event: str) -> None:
    server = "server s host=10.0.0.5"
    assert told(server, f"{server}\nserver s serves model hf:a/b", policy) == [event]


@pytest.mark.parametrize(
    ("grant", "severity"),
    [
        ("{agent: a, tool: t}", "medium"),
        ("{agent: b}", "high"),
        ("{mcp_server: 'https://m*'}", "medium"),
        ("{mcp_server: 'https://other'}", "high"),
    ],
)
def test_a_grant_covers_caller_tool_and_mcp_server(grant: str, severity: str) -> None:
    before = f"{AGENT}\nmcp_server https://mcp exposes tool t"
    policy = f"allow: {{grants: [{grant}]}}"
    assert told(before, f"{before}\nagent a can_call tool t @code", policy) == [f"{severity} agent.tool_added"]


def test_weights_with_a_new_revision_are_no_tampering() -> None:
    edge = "model m has_weights weights sha256:%s"
    before = "model m revision=1\n" + edge % "a"
    assert told(before, "model m revision=1\n" + edge % "b") == ["critical weights.hash_changed"]
    assert told(before, "model m revision=2\n" + edge % "b") == [
        "medium model.version_changed",
        "medium weights.hash_changed",
    ]


def test_findings_on_administration_and_foreign_pages_have_events_of_their_own_at_known_servers() -> None:
    finding = "server s has_finding finding x@s\nfinding x@s severity=high rule="
    for rule, event in (("n8n-cors-any-origin", "cors.widened"), ("ray-jobs-open", "admin_api.enabled")):
        assert told(SERVER, f"{SERVER}\n{finding}{rule}") == [f"high {event}"]
        assert told("host h", f"host h\n{SERVER}\n{finding}{rule}") == ["high finding.opened", "high server.new"]


def test_what_is_reached_in_a_circle_is_told_once_with_its_way() -> None:
    loop = f"{REACH}\nagent b @code\nagent a hands_off_to agent b @code\nagent b hands_off_to agent a @code"
    new = f"{loop}\nagent b uses_mcp mcp_server m @code\nmcp_server m exposes tool t @code\nmodel x @code"
    found = compared(loop, f"{new}\nagent b uses_model model x @code")
    [reach] = [one for one in found.changes if one.event == "endpoint.now_reaches"]
    assert reach.after == ["model x", "tool t"]
    assert reach.why == ("by a -> b -> x",)
    assert told(new, new) == []


LOOK = "look runtime complete 10.0.0.0-10.0.0.255:80\n"


@pytest.mark.parametrize(
    ("look", "events", "unsaid"),
    [
        (LOOK, ["low server.gone"], 0),
        ("look runtime complete 10.0.0.0-10.0.0.4:80 10.0.0.5-10.0.0.9:80\n", ["low server.gone"], 0),
        ("look runtime incomplete 10.0.0.0-10.0.0.255:80\n", [], 7),
        ("look runtime complete 10.0.0.0-10.0.0.4:80\n", [], 7),
        ("look runtime complete 10.0.0.0-10.0.0.255:81\n", [], 7),
        ("look code complete 10.0.0.0-10.0.0.255:80\n", [], 7),
    ],
)
def test_a_server_is_gone_where_its_place_was_looked_at_completely(look: str, events: list[str], unsaid: int) -> None:
    found = compared(LOOK + ESTATE, look + "host h")
    gone = [f"{one.severity} {one.event}" for one in found.changes if one.key != "h"]
    assert (gone, found.unsaid_count) == (events, unsaid)
    assert bool(found.unsaid) is bool(unsaid)


def test_every_silence_is_a_statement_if_one_says_so() -> None:
    assert told(LOOK + ESTATE, "look code incomplete x\nhost h", assume_complete=True) == [
        "low server.gone",
        "info part.new",
    ]


def test_a_mute_server_keeps_its_models_and_findings() -> None:
    new = state(f"{LOOK}{SERVER}\n{PLACE}\n{AT}", AFTER)
    assert {one.event for one in between(state(LOOK + ESTATE, BEFORE), new).changes} == {
        "model.removed",
        "finding.closed",
    }
    mute = msgspec.structs.replace(new, looks=tuple(_muted(look) for look in new.looks))
    found = between(state(LOOK + ESTATE, BEFORE), mute)
    assert (found.changes, found.unsaid_count) == ((), 4)


def _muted(look: Look) -> Look:
    return msgspec.structs.replace(look, mute=("lab/10.0.0.5:80",))


@pytest.mark.parametrize(
    ("old", "new", "gone"),
    [
        ("look code complete r", "look code complete r q", True),
        ("look code complete r q", "look code complete r", False),
        ("look code complete r", "look code incomplete r", False),
        ("look code complete", "look code complete r", False),
        ("look web complete r", "look code complete r", False),
    ],
)
def test_elsewhere_who_told_of_it_must_have_looked_as_far_as_before(old: str, new: str, gone: bool) -> None:
    assert told(f"{old}\n{AGENT}\nagent b @code", f"{new}\nagent b @code") == (["low agent.gone"] if gone else [])


def test_another_version_of_the_same_tool_has_looked_again_and_another_tool_has_not() -> None:
    old, new = state(f"look import complete app\n{AGENT}", BEFORE), state("look import complete app\nhost h", AFTER)
    old = _by("syft 1.20.0", old)
    assert [one.event for one in between(old, _by("syft 1.21.0", new)).changes] == ["agent.gone", "part.new"]
    found = between(old, _by("trivy 0.60", new))
    assert [one.event for one in found.changes] == ["part.new"]
    assert found.unsaid == ("1 x agent (a): not looked for completely by import, syft 1.20.0",)


def _by(tool: str, document: Document) -> Document:
    """The document as that tool would have made it."""
    parts = [
        msgspec.structs.replace(
            part,
            attributes={
                name: tuple(msgspec.structs.replace(one, surface="import", source=tool) for one in claims)
                for name, claims in part.attributes.items()
            },
        )
        for part in document.parts
    ]
    looks = tuple(msgspec.structs.replace(look, source=tool) for look in document.looks)
    return msgspec.structs.replace(document, parts=tuple(parts), looks=looks)


def test_learning_that_two_known_things_are_one_is_no_event() -> None:
    both = "model m license=mit\nmodel n license=gemma\nserver s serves model m"
    joined = both + "\nmodel m same_as n"
    assert told(both, joined) == told(joined, both) == []


def test_an_id_does_not_jump_when_a_key_is_learned() -> None:
    low, high = sorted([named(["model", key]) for key in "mn"])
    key = {named(["model", one]): one for one in "mn"}
    before = f"model {key[high]} revision=1"
    after = f"model {key[high]} revision=2\nmodel {key[high]} same_as {key[low]}"
    [change] = compared(before, after).changes
    assert (change.event, change.part) == ("model.version_changed", low)
    apart = f"distinct: [{{one: {key[low]}, other: {key[high]}}}]"
    assert {one.part for one in compared(before, after, apart).changes if one.event != "model.new"} == {high}


def test_what_the_policy_keeps_apart_stays_apart_through_a_third_key_too() -> None:
    before = "model a license=mit\nmodel b license=mit"
    after = "model a license=mit\nmodel b license=gemma"
    third = f"{after}\nmodel a same_as c\nmodel b same_as c"
    for one, other in ("ab", "ba"):
        apart = f"distinct: [{{one: {one}, other: {other}}}]"
        changes = compared(f"{before}\nmodel c license=mit", third, apart).changes
        assert [(change.event, change.before, change.after) for change in changes] == [
            ("license.changed", "mit", "gemma")
        ]
    roots = canonical(state(third, AFTER).aliases)
    assert len(set(roots.values())) == 1


def test_what_waits_for_more_looks_is_counted() -> None:
    after = "host h\nserver s product~=vllm\nserver t product~=vllm\nserver u auth=none"
    seen = History(sightings={named(["server", key]): 1 for key in "stu"})
    for sightings, held in ((1, 0), (2, 2)):
        found = compared("host h", after, f"damping: {{sightings: {sightings}}}", history=seen)
        assert (found.held, len(found.changes)) == (held, 3 - held)


def test_a_history_counts_by_any_key_of_a_thing() -> None:
    after = "host h\nserver s product~=vllm\nserver s same_as t"
    policy = "damping: {sightings: 3}"
    ids = [named(["server", key]) for key in "st"]
    for count, events in ((2, []), (3, ["low server.new"])):
        for id_ in ids:
            assert told("host h", after, policy, history=History(sightings={id_: count})) == events
    assert len(set(canonical(state(after, AFTER).aliases).values())) == 1


def test_what_flaps_is_told_once_and_low() -> None:
    edge = ["server", "s", "serves", "model", "m"]
    flaps: dict[UUID, int] = {named(edge): 5}
    [change] = compared(SERVER, f"{SERVER}\nserver s serves model m", history=History(flaps=flaps)).changes
    assert (change.status, change.severity, change.count) == (Status.FLAPPING, "low", 5)
    assert told("server s auth=required", "server s auth=none", history=History(flaps={named(["server", "s"]): 9})) == [
        "critical auth.removed"
    ]


def test_an_accept_row_names_a_check_and_an_address_in_brackets() -> None:
    policy = "accept: [{finding: 'x-*', where: 'lab/[::1]:80', reason: ours, expires: 2026-11-21}]"
    server = f"{SERVER}\nserver s listens_on listener 'lab/[::1]:80'"
    finding = "\nserver s has_finding finding x-y@s\nfinding x-y@s rule=x-y severity=high"
    [change] = compared(server, server + finding, policy).changes
    assert (change.status, change.severity) == (Status.ACCEPTED, "high")


def test_what_a_store_missed_is_told_when_the_count_grows() -> None:
    once, twice = f"{ESTATE}\nmissed server s 1\nmissed model m 1", f"{ESTATE}\nmissed server s 2\nmissed model m 2"
    assert told(ESTATE, once) == told(once, twice) == ["low part.not_seen"]
    assert told(once, once) == []


def test_the_sample_estate_names_whom_to_call_and_where() -> None:
    changes = {one.event: one for one in between(older(), sample()).changes}
    assert changes["auth.removed"].owner == "gpu-team@example"
    assert "lab/10.0.0.5:8000" in changes["auth.removed"].where
    assert changes["auth.removed"].evidence_after == "GET /version#1a2b3c4d5e6f"
    assert changes["agent.tool_added"].owner == "shop-team@example"
    assert {"server.exposed_port", "finding.opened", "weights.signature_lost", "mcp.unpinned"} <= changes.keys()


@pytest.mark.parametrize(("look", "sure"), [(LOOK, True), (LOOK.replace("complete", "incomplete"), False)])
def test_what_is_new_where_nobody_had_looked_may_not_be_new(look: str, sure: bool) -> None:
    [change] = [one for one in compared(look + "host h", LOOK + ESTATE).changes if one.event == "server.new"]
    assert ("the older state did not look there completely, so it may have been there before" not in change.why) is sure
