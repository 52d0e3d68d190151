"""Which alerts a turn gives rise to: patterns, severities, digests, the first look, and ids that stay."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from livebom.alerts import Alert, AlertKind, alert_of, labels_of, letters, trial, wanted
from livebom.alerts.rules import fits
from livebom.alerts.words import LONGEST, MOST
from livebom.bom.alerting import AlertRule, File
from livebom.bom.change import Status
from livebom.bom.graph import fold
from livebom.bom.parts import PartKind
from livebom.bom.policy import Policy
from livebom.bom.service import Severity
from tests.livebom.alerts.made import SINK, SWEEP, alerts, policy
from tests.livebom.export.comparisons import CHANGES
from tests.livebom.export.hostile import NAMES, comparison
from tests.sample import NOW, sample, seen

AUTH = CHANGES[0]


def rule(**fields: object) -> AlertRule:
    return msgspec.convert({"sinks": ["soc"], **fields}, AlertRule)


@pytest.mark.parametrize(
    ("fields", "fitting"),
    [
        ({}, True),
        ({"events": ["auth.*"]}, True),
        ({"events": ["server.*", "finding.opened"]}, False),
        ({"severity": "critical"}, True),
        ({"kinds": ["server"]}, True),
        ({"kinds": ["model"]}, False),
        ({"owners": ["gpu-team@*"]}, True),
        ({"owners": ["shop-*"]}, False),
        ({"where": ["lab/10.0.0.5:*"]}, True),
        ({"where": ["lab/10.0.0.5/vllm"]}, True),
        ({"where": ["prod/*"]}, False),
        ({"statuses": ["accepted"]}, False),
        ({"events": ["auth.removed"], "where": ["prod/*"]}, False),
        ({"labels": ["team=*"]}, True),
        ({"labels": ["team=gpu", "env=prod"]}, True),
        ({"labels": ["team=gpu", "env=lab"]}, False),
    ],
)
def test_a_rule_takes_what_fits_in_everything_it_names(fields: dict[str, object], fitting: bool) -> None:
    assert fits(rule(**fields), AUTH, {AUTH.part: ["team=gpu", "env=prod"]}) is fitting


def test_a_change_that_is_less_bad_accepted_or_expected_is_not_told() -> None:
    medium = structs.replace(AUTH, severity=Severity.MEDIUM)
    assert fits(rule(severity="medium"), medium, {})
    assert not fits(rule(severity="high"), medium, {})
    told = {one for one in Status if fits(rule(), structs.replace(AUTH, status=one), {})}
    assert told == {Status.CONFIRMED, Status.SUSPECTED, Status.FLAPPING}


def test_an_unknown_owner_is_only_everybodys() -> None:
    nobody = structs.replace(AUTH, owner=None)
    assert fits(rule(owners=["*"]), nobody, {})
    assert not fits(rule(owners=["?*"]), nobody, {})


def test_labels_come_from_the_graph() -> None:
    graph = fold(
        [seen("runtime", PartKind.SERVER, "a", {"labels": ["team=gpu"]}), seen("code", PartKind.TOOL, "b", {})]
    )
    assert list(labels_of(graph).values()) == [["team=gpu"]]


def test_a_change_goes_to_each_sink_once_and_in_the_order_of_the_changes() -> None:
    rules = policy(rule(sinks=["a", "b"]), rule(sinks=["b"], statuses=list(Status)), a=SINK, b=SINK)
    found = alerts(rules=rules)
    sinks = [one.sink for one in found]
    assert sinks == sorted(sinks)
    to_b = [one.change.part for one in found if one.sink == "b" and one.change]
    assert to_b == [one.part for one in CHANGES]
    assert len({one.id for one in found}) == len(found)


def test_an_id_depends_on_sweep_change_and_sink_and_on_nothing_else() -> None:
    assert alerts() == alerts()
    other = {one.id for one in alerts(sweep="other")} | {one.id for one in alerts(rules=policy(ops=SINK))}
    assert other.isdisjoint(one.id for one in alerts())
    graver = structs.replace(AUTH, severity=Severity.LOW, why=())
    assert alerts([graver])[0].id == alerts([AUTH])[0].id
    assert all(UUID(one.id).version == 5 for one in alerts())


def test_too_many_alerts_become_one_digest_of_the_worst() -> None:
    sink = File(path="/x", digest_over=3)
    many = [structs.replace(AUTH, part=UUID(int=n), name=f"n{n}", severity=Severity.LOW) for n in range(20)]
    assert len(alerts(many[:3], policy(soc=sink))) == 3
    [digest] = alerts([*many, AUTH], policy(soc=sink))
    assert (digest.kind, digest.event, digest.severity) == (AlertKind.DIGEST, "alerts.digest", Severity.CRITICAL)
    assert digest.counts == {"critical": 1, "low": 20}
    assert digest.text.startswith("21 changes in one sweep: 1 critical, 20 low")
    assert len(digest.lines) == 10
    assert digest.lines[0].startswith("critical: Authentication removed: server vllm")
    assert digest.change is None


def test_a_first_look_is_one_summary_for_each_sink() -> None:
    rules = policy(rule(sinks=["a"], events=["nothing.*"]), rule(sinks=["b", "a"]), a=SINK, b=SINK, unused=SINK)
    found = wanted(CHANGES, rules, sample().graph, sweep=SWEEP, at=NOW)
    assert [(one.sink, one.kind, one.event) for one in found] == [
        ("a", AlertKind.FIRST, "alerts.first"),
        ("b", AlertKind.FIRST, "alerts.first"),
    ]
    servers = sum(part.kind is PartKind.SERVER for part in sample().parts)
    assert found[0].counts["server"] == servers
    assert f"{servers} server" in found[0].text
    assert "finding" not in found[0].counts
    assert sum(count for name, count in found[0].counts.items() if name.startswith("findings.")) == len(found[0].lines)
    assert wanted((), Policy(sinks={"a": SINK}), sample().graph, sweep=SWEEP, at=NOW) == []


def test_a_first_look_counts_findings_by_the_policys_severities() -> None:
    facts = {"rule": "r", "state": "fail", "severity": "low", "title": "Open"}
    graph = fold([seen("runtime", PartKind.FINDING, "r@x", dict(facts)), seen("runtime", PartKind.HOST, "h", {})])
    rules = structs.replace(policy(), severities={"r": Severity.CRITICAL})
    [one] = wanted((), rules, graph, sweep=SWEEP, at=NOW)
    assert one.counts == {"host": 1, "findings.critical": 1}
    assert one.severity is Severity.CRITICAL
    assert one.lines == ("critical: Open: r@x",)


@given(st.sampled_from(sorted(NAMES)))
def test_a_hostile_name_makes_neither_a_large_alert_nor_a_line_that_moves_a_cursor(name: str) -> None:
    [alert] = alerts(comparison(NAMES[name]).changes)
    assert alert.text.isprintable()
    [letter] = letters([alert])
    assert len(letter.body) < 64 * 1024
    assert alert_of(letter) == alert
    assert alert.change
    assert len(alert.change.key) <= LONGEST
    assert len(alert.change.where) <= MOST


def test_a_trial_says_what_it_is() -> None:
    alert: Alert = trial("soc", "1", NOW)
    assert (alert.kind, alert.event) == (AlertKind.TEST, "alerts.test")
    assert "soc" in alert.text
    assert trial("soc", "2", NOW).id != alert.id
