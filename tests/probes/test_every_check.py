"""Every check of every product can fail, can pass, and says unknown where nothing was seen."""

import pytest

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
CASES = pytest.mark.parametrize(("product", "check"), JUDGED, ids=[check.id for _, check in JUDGED])


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


@CASES
def test_it_can_fail(product: str, check: CheckRule) -> None:
    applies = check.applies[:1]
    assert any(judged(product, check, clause, *applies) is Verdict.FAIL for clause in check.fail)


@CASES
def test_it_can_pass(product: str, check: CheckRule) -> None:
    applies = check.applies[:1]
    assert any(judged(product, check, clause, *applies) is Verdict.PASS for clause in check.pass_)


@CASES
def test_it_says_unknown_where_nothing_was_seen(product: str, check: CheckRule) -> None:
    assert judged(product, check) is Verdict.UNKNOWN
