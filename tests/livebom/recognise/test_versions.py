"""Versions as servers print them: their order, which never fails, and the ranges of advisories."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.recognise.versions import Version, affected, bounds, parse
from tests.every import every
from tests.playback import catalog

RISING = [
    ["0.1.29-rc0", "0.1.29-rc1", "0.1.29", "0.1.30", "0.2.0", "0.10.0", "0.17.1-rc10", "v0.17.1", "1.0"],
    ["0.5.0.dev1", "0.5.0.dev2+g1", "0.5.0a1.dev1", "0.5.0a1", "0.5.0b2", "0.5.0rc1", "0.5.0", "0.5.0.post1"],
    ["0.5.0.post1", "0.5.0.post2.dev1", "0.5.0.post2", "0.5.0.post10", "0.5.1", "0.5.2.2", "0.5.2.3"],
    ["0.8.5", "0.8.5+cpu", "0.8.5+cu124", "0.8.5+cu124.1", "0.8.5.post1"],
    ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"],
    ["0.5.13", "0.5.13-1-g0a1b2c3", "0.5.13-2-g0a1b2c3-dirty", "0.5.14-rc0"],
    ["b1500", "b2740-0c1e57098", "b10000"],
    ["3.3.6-dev0", "3.3.6", "3.3.7"],
]
SAME = [("1.2", "v1.2.0"), ("0.5.0-rc.1", "0.5.0rc1"), ("1.0-alpha1", "1.0a1"), ("b99-aa", "b99"), (" 2.0 ", "2.0")]
NONE = ["", "dev", "latest", "v", "b", "b12x", "1.2 (commit)", "1.2.", "1.2/3", "\u0661.\u0662", "1" * 19, "1." * 200]
VERSIONS = st.from_regex(
    r"v?[0-9]{1,3}(\.[0-9]{1,3}){0,3}([-.]?(rc|a|beta|nightly)(\.?[0-9]{1,2})?)?(\.post[0-9])?(\.dev[0-9]{0,2})?(\+[a-z0-9]{1,5})?"
    r"|b[0-9]{1,5}(-[0-9a-f]{4})?|[0-9]\.[0-9]-[0-9]-g[0-9a-f]{7}",
    fullmatch=True,
)


def version(text: str) -> Version:
    found = parse(text)
    assert found is not None, text
    return found


@pytest.mark.parametrize("line", RISING, ids=lambda line: line[0])
def test_every_one_is_newer_than_those_before_it(line: list[str]) -> None:
    read = [version(text) for text in line]
    assert read == sorted(read)
    assert len(set(read)) == len(read)


@every(SAME)
def test_two_spellings_are_one_version(one: str, other: str) -> None:
    assert version(one) == version(other)


@every(NONE)
def test_what_is_no_version(text: str) -> None:
    assert parse(text) is None


@every(["0.11.1.dev5+g1a2b3c4", "3.3.6-dev0", "0.5.13-1-g0a1b2c3", "0.1.dev1"])
def test_a_build_between_releases_is_told(text: str) -> None:
    assert version(text).development
    assert not version(text.split("-")[0].split(".dev")[0]).development


@every(
    [
        ("0.8.4", ">=0.6.5,<0.8.5", True),
        ("0.8.5", ">=0.6.5,<0.8.5", False),
        ("0.8.5rc1", ">=0.6.5,<0.8.5", True),
        ("0.6.4.post1", ">=0.6.5,<0.8.5", False),
        ("0.5.0.post1", "<0.5.0.post2", True),
        ("0.5.0", "<0.5.0.post2", True),
        ("0.8.5+cpu", "<=0.8.5", True),
        ("0.8.5+cpu", ">0.8.5", False),
        ("0.8.5+cpu", "==0.8.5+cpu", True),
        ("0.8.5+cu1", "==0.8.5+cpu", False),
        ("0.6.0", "==0.6.0", True),
        ("0.6.0", "!=0.6.0", False),
        ("0.11.5-rc0", ">=0.11.5-rc0,<=0.13.5", True),
        ("0.20.2rc0", ">=0.20.2rc0,<0.26.0", True),
        ("0.20.1", ">=0.20.2rc0,<0.26.0", False),
        ("0.17.1-rc2", "<0.17.1", True),
        ("v4.5.9", "<4.6.0", True),
        ("2.9.1", "<2.10", True),
        ("b5661-c6a2c9e7", "<b5662", True),
        ("b5662-c6a2c9e7", "<b5662", False),
        ("0.5.0", "<b5662", None),
        ("b5662", "<0.5.0", None),
    ]
)
def test_what_lies_in_a_range(text: str, within: str, answer: bool | None) -> None:
    assert affected(version(text), within) is answer


@every(["", "0.5", "<", "<x", ">=1.0 <2.0", "~=1.0", "<1.0,", "<1.0;>0.5"])
def test_a_range_that_cannot_be_read_is_refused(within: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        bounds(within)


def test_every_range_and_fix_of_the_catalogue_can_be_read() -> None:
    for kit in catalog().kits:
        for rule in kit.fingerprint.cves:
            assert bounds(rule.affected)
            if rule.fixed is not None:
                assert affected(version(rule.fixed), rule.affected) is False, f"{rule.id} is not fixed in {rule.fixed}"


@settings(max_examples=100, deadline=None)
@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_total(one: str, two: str, three: str) -> None:
    a, b, c = version(one), version(two), version(three)
    assert (a < b) + (a == b) + (a > b) == 1
    assert (a <= b) == (not b < a)
    if a <= b <= c:
        assert a <= c
    assert sorted([c, a, b]) == sorted([b, c, a])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | VERSIONS, VERSIONS)
def test_no_text_makes_it_fail(text: str, bound: str) -> None:
    found = parse(text)
    if found is not None:
        assert affected(found, f">={bound}") in (True, False, None)
        assert affected(found, f">={bound},<{bound}") is not True
