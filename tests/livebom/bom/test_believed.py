"""Why one word is believed and not another."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.believed import conflicts, explained
from livebom.bom.graph import winner
from livebom.bom.parts import Claim, Confidence
from tests.sample import VLLM, sample

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
claims = st.builds(
    Claim,
    value=st.sampled_from(["a", "b", "c", 1, True]),
    surface=st.sampled_from(["runtime", "code"]),
    source=st.sampled_from(["connect", "docker"]),
    confidence=st.sampled_from(list(Confidence)),
    first_seen=st.just(NOW),
    last_seen=st.integers(0, 2).map(lambda hours: NOW + timedelta(hours=hours)),
)


def claim(value: str, confidence: Confidence = Confidence.DECLARED, hours: int = 0, source: str = "docker") -> Claim:
    seen = NOW + timedelta(hours=hours)
    return Claim(value=value, surface="runtime", source=source, confidence=confidence, first_seen=seen, last_seen=seen)


@pytest.mark.parametrize(
    ("won", "lost", "why"),
    [
        (claim("a", Confidence.VERIFIED), claim("b", hours=1), "verified is better known than declared"),
        (claim("a", hours=1), claim("b"), "seen later"),
        (claim("a", source="connect"), claim("b"), "first by surface, source and value"),
    ],
)
def test_the_reason_is_the_rule_that_decided(won: Claim, lost: Claim, why: str) -> None:
    for order in ((won, lost), (lost, won)):
        words = explained(order)
        assert words.startswith("a (runtime")
        assert words.endswith(why)


@given(st.lists(claims, min_size=1, max_size=4))
def test_it_explains_the_claim_that_is_believed(some: list[Claim]) -> None:
    words = explained(tuple(some))
    best = winner(tuple(some))
    assert words.startswith(str(best.value).lower() if isinstance(best.value, bool) else str(best.value))
    assert words.count("; over ") == len([one for one in some if str(one.value).lower() != str(best.value).lower()])


def test_only_what_differs_is_a_conflict() -> None:
    parts = {part.key: part for part in sample().parts}
    assert conflicts(parts[VLLM]) == ["version"]
    assert {key for key, part in parts.items() if conflicts(part)} == {VLLM}
