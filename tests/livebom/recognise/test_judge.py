"""The weighing of evidence: bounds, vetoes, catch-alls, stacks and conflicts."""

from math import prod
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.net.reply import Reply
from livebom.recognise.catalog import Catalog, Kit
from livebom.recognise.judge import Ruling, Standing, rule, stand
from livebom.recognise.match import View
from livebom.recognise.rules import Fingerprint, Shared

SHARED = msgspec.convert({"asks": {"random": {"get": "/{nonce}"}, "root": {"get": "/"}}}, Shared)
HELLO = View(Reply(status=200, body=b"hello"))
NOTHING = View(Reply(status=404, body=b"gone"))


def fingerprint(product: str = "one", **fields: Any) -> Fingerprint:
    return msgspec.convert(
        {"product": product, "title": product, "role": "inference", "grade": "recorded"} | fields, Fingerprint
    )


def kit(**fields: Any) -> Kit:
    return Kit(fingerprint(**fields), SHARED)


def mark(weight: float, **fields: Any) -> dict[str, Any]:
    return {"ask": "root", "status": 200, "weight": weight, "why": "it does"} | fields


@given(st.lists(st.floats(-1, 1), max_size=8))
@settings(max_examples=100, deadline=None)
def test_scores_combine_as_independent_evidence(weights: list[float]) -> None:
    standing = stand(kit(marks=[mark(weight) for weight in weights]), {"root": HELLO, "random": NOTHING})
    positive = 1 - prod(1 - w for w in weights if w > 0)
    assert 0 <= standing.score <= 1
    assert standing.score == pytest.approx(positive * prod(1 + w for w in weights if w < 0), abs=0.001)
    assert len(standing.evidence) == len(weights)


def test_what_was_not_asked_is_no_evidence() -> None:
    assert stand(kit(marks=[mark(0.9)]), {}).score == 0
    assert stand(kit(marks=[mark(0.9)]), {"random": HELLO}).evidence == ()


def test_a_veto_outweighs_everything() -> None:
    veto = {"ask": "any", "body": "hello", "why": "somebody else says hello"}
    standing = stand(kit(marks=[mark(1.0)], vetoes=[veto]), {"root": HELLO})
    assert (standing.score, standing.vetoed) == (0, "somebody else says hello")


def test_what_is_only_remembered_weighs_less() -> None:
    assert stand(kit(marks=[mark(0.8)], grade="memory"), {"root": HELLO}).score == 0.56


def test_a_catch_all_proves_nothing() -> None:
    replies = {"root": HELLO, "random": HELLO}
    assert stand(kit(marks=[mark(0.9)]), replies).score == 0
    assert stand(kit(marks=[mark(0.9, even_if_control=True)]), replies).score == 0.9
    assert stand(kit(marks=[mark(0.9, ask="random")]), replies).score == 0.9
    assert stand(kit(marks=[mark(0.9, ask="any")]), replies).score == 0.9
    assert stand(kit(marks=[mark(0.9), mark(-0.5)]), replies).score == 0
    assert stand(kit(marks=[mark(0.9, body="hello")]), {"root": HELLO, "random": NOTHING}).score == 0.9


def standings(*named: tuple[Fingerprint, float]) -> tuple[Catalog, dict[str, Standing]]:
    catalog = Catalog([one for one, _ in named], SHARED)
    return catalog, {one.product: Standing(product=one.product, role=one.role, score=score) for one, score in named}


def ruled(*named: tuple[Fingerprint, float]) -> Ruling:
    return rule(*standings(*named))


def test_nothing_is_named_below_the_bar() -> None:
    assert ruled((fingerprint(), 0.59)).product is None
    assert ruled((fingerprint(), 0.6)).product == "one"


def test_a_stack_is_told_from_the_outside_in() -> None:
    front = fingerprint("front", role="gateway", fronts=["one"])
    proxy = fingerprint("proxy", role="proxy")
    ruling = ruled((fingerprint(), 0.7), (front, 0.9), (proxy, 1.0))
    assert [standing.product for standing in ruling.stack] == ["proxy", "front", "one"]
    assert (ruling.product, ruling.conflict) == ("one", ())


def test_a_proxy_alone_serves_nothing() -> None:
    ruling = ruled((fingerprint("proxy", role="proxy"), 1.0))
    assert ruling.product is None
    assert [standing.product for standing in ruling.stack] == ["proxy"]


def test_a_generic_product_gives_way_to_a_special_one() -> None:
    generic = fingerprint("generic", generic=True)
    assert [s.product for s in ruled((generic, 0.9), (fingerprint(), 0.6)).stack] == ["one"]
    assert [s.product for s in ruled((generic, 0.9), (fingerprint("p", role="web"), 0.8)).stack] == ["p", "generic"]


def test_products_that_cannot_both_be_there_are_a_conflict() -> None:
    ruling = ruled((fingerprint(), 0.9), (fingerprint("two"), 0.7), (fingerprint("three"), 0.5))
    assert (ruling.product, ruling.conflict) == (None, ("one", "two"))
    assert [standing.score for standing in ruling.stack] == [0.35, 0.45]
