"""Every check of every product can fail, can pass, and says unknown where nothing was seen."""

from collections.abc import Callable

from livebom.bom.service import Verdict
from livebom.recognise.match import View
from livebom.recognise.rules import CheckRule, Clause, Condition
from livebom.recognise.verdict import verdicts
from tests.playback import catalog
from tests.probes.test_checks import SEVEN
from tests.probes.witness import reply_for

JUDGED = [
    (kit.product, check)
    for kit in catalog().kits
    if kit.product not in SEVEN  # they have real servers for every case, in test_checks.py
    for check in kit.fingerprint.checks
    if check.confirm != "host"
]


def judged(product: str, check: CheckRule, *clauses: Clause) -> Verdict:
    """The verdict over replies made to satisfy these clauses."""
    by_ask: dict[str, list[Condition]] = {}
    for clause in clauses:
        for condition in clause.all:
            by_ask.setdefault("random" if condition.ask == "any" else condition.ask, []).append(condition)
    replies = {name: View(reply_for(conditions)) for name, conditions in by_ask.items()}
    exposure = (check.exposures or ["public"])[-1]
    found = verdicts(catalog().products[product], replies, exposure)
    return next(one.state for one in found if one.id == check.id)


def lacking(state: Verdict, side: Callable[[CheckRule], list[Clause]]) -> list[str]:
    """The checks that no clause of that side brings to the verdict."""
    return [
        check.id
        for product, check in JUDGED
        if not any(judged(product, check, clause, *check.applies[:1]) is state for clause in side(check))
    ]


def test_every_check_can_fail() -> None:
    assert lacking(Verdict.FAIL, lambda check: check.fail) == []


def test_every_check_can_pass() -> None:
    assert lacking(Verdict.PASS, lambda check: check.pass_) == []


def test_every_check_says_unknown_where_nothing_was_seen() -> None:
    assert [check.id for product, check in JUDGED if judged(product, check) is not Verdict.UNKNOWN] == []
