"""Licences of models and packages: what a tag means as an SPDX id, and how far its terms let one go."""

import re
from functools import lru_cache

from msgspec import Struct

from livebom.bom.license_tags import ALIASES, FREEST, NOTHING, TAGS, TITLE, TITLES, Family, family_of
from livebom.bom.spdx_ids import EXCEPTIONS, LICENSES

__all__ = ["Family", "License", "license_of"]

_LONGEST = 4096
"""Of a longer text only the beginning is read: a licence names itself there."""
_NAME = 100
"""A longer line that is no expression is a text."""
_TOKEN = re.compile(r"\(|\)|[^\s()]+")
_BLANKS = re.compile(r"\s+")
_UNFIT = re.compile(r"[^A-Za-z0-9.-]+")
_RANK = {family: rank for rank, family in enumerate(FREEST)}
_BINDS = {"OR": 1, "AND": 2}
_WITH = "WITH"
_JOINS = {*_BINDS, _WITH}
_BRACKETS = "()"


class License(Struct, frozen=True):
    """One licence as documents name it."""

    id: str
    """An SPDX id, an SPDX expression, or `LicenseRef-…`; empty where the tag says nothing."""
    family: Family
    listed: bool
    """Whether `id` is on SPDX's list (or an expression of ids that are)."""


_NONE = License("", Family.UNKNOWN, listed=False)
_UNKNOWN = License("LicenseRef-unknown", Family.UNKNOWN, listed=False)


def license_of(said: str) -> License:
    """What a tag, an id, a name or the head of a licence's text means; never fails, the unknown is said to be."""
    return _license(said[:_LONGEST].strip())


@lru_cache(maxsize=4096)
def _license(said: str) -> License:
    if said.lower() in NOTHING:
        return _NONE
    single = "\n" not in said
    found = (_known(said) or _expression(said) if single else None) or _titled(said)
    return found or (_reference(said) if single and len(said) <= _NAME else _UNKNOWN)


def _known(said: str) -> License | None:
    """One id or tag, whatever its case."""
    low = said.lower()
    spdx = LICENSES.get(low) or ALIASES.get(low)
    if spdx is None and low.endswith("+") and low[:-1] in LICENSES:
        spdx = LICENSES[low[:-1]] + "+"
    if spdx is not None:
        return License(spdx, family_of(spdx), listed=True)
    tag = low.removeprefix("licenseref-").replace(" ", "-")
    if tag in TAGS:
        return License(f"LicenseRef-{_fit(tag)}", TAGS[tag], listed=False)
    if low.startswith("licenseref-") and _fit(said) == said:
        return License("LicenseRef-" + said[len("licenseref-") :], Family.UNKNOWN, listed=False)
    return None


def _reference(said: str) -> License:
    """An id of our own for a name that nobody lists."""
    fit = _fit(said).strip("-.")
    if not fit:
        return _UNKNOWN
    return _known(fit) or License(f"LicenseRef-{fit}", Family.UNKNOWN, listed=False)


def _fit(tag: str) -> str:
    """The tag in the letters that SPDX allows in a reference (specification 3.0, annex on licence expressions)."""
    return _UNFIT.sub("-", tag.replace("++", "-plus-plus"))


def _titled(said: str) -> License | None:
    """The licence whose title or first sentence the text begins with."""
    found = TITLE.search(_BLANKS.sub(" ", said.lower()))
    if found is None:
        return None
    groups = found.groupdict()
    tag = next(tag for number, (_, tag) in enumerate(TITLES) if groups[f"t{number}"] is not None)
    if groups["llama"]:
        tag = f"llama{groups['llama'].removesuffix('.0')}"
    if tag == "cc":
        tag = _creative_commons(groups)
    return _known(tag) or _known("cc")


def _creative_commons(groups: dict[str, str | None]) -> str:
    if groups["by"]:
        return f"cc-{groups['by']}-{groups['at']}"
    terms = "".join(f"-{term}" for term in ("nc", "sa", "nd") if groups[term])
    return f"cc-by{terms}-{groups['cc']}"


def _expression(said: str) -> License | None:
    """Ids joined by AND, OR and WITH, with brackets; None where it does not read as such.

    Lower-cased words, and the `/` of older package indices, join only known ids: `and` is also a word of names.
    """
    words = _TOKEN.findall(said)
    if "/" in said and len(words) == 1 and all(_known(one) for one in said.split("/")):
        words = " OR ".join(said.split("/")).split()
    strict = any(word in _JOINS for word in words)
    words = [word.upper() if word.upper() in _JOINS else word for word in words]
    items = _operands(words, strict=strict) if len(words) > 1 else None
    return _parsed(items) if items else None


def _operands(words: list[str], *, strict: bool) -> list[License | str] | None:
    """Each id as a licence, with its exception; brackets, AND and OR as they are."""
    items: list[License | str] = []
    follow = iter(words)
    for word in follow:
        one: License | str | None
        if word == _WITH:
            one = _excepted(items.pop() if items else "", next(follow, ""))
        elif word in _BINDS or word in _BRACKETS:
            one = word
        else:
            one = _known(word) or (_reference(word) if strict else None)
        if one is None:
            return None
        items.append(one)
    return items


def _excepted(one: License | str, exception: str) -> License | None:
    spdx = EXCEPTIONS.get(exception.lower())
    if isinstance(one, str) or _WITH in one.id.split() or spdx is None:
        return None
    return License(f"{one.id} WITH {spdx}", one.family, listed=one.listed)


def _parsed(items: list[License | str]) -> License | None:
    """Read by Dijkstra's shunting-yard, so that no depth of brackets can exhaust the stack."""
    found: list[License] = []
    waiting: list[str] = []
    complete = False  # whether what was read so far could end here
    for item in items:
        begins = isinstance(item, License) or item == "("
        if begins == complete:
            return None
        if isinstance(item, License):
            found.append(item)
            complete = True
        elif begins:
            waiting.append(item)
        elif _settle(found, waiting, item):
            complete = item == ")"
        else:
            return None
    return found[0] if complete and _settle(found, waiting, "") else None


def _settle(found: list[License], waiting: list[str], word: str) -> bool:
    """Join what binds more tightly than the word; False where a bracket is missing."""
    while waiting and waiting[-1] != "(" and _BINDS[waiting[-1]] >= _BINDS.get(word, 0):
        right, left = found.pop(), found.pop()
        found.append(_joined(left, waiting.pop(), right))
    if word in _BINDS:
        waiting.append(word)
        return True
    if word == ")":
        return bool(waiting) and waiting.pop() == "("
    return not waiting


def _joined(left: License, by: str, right: License) -> License:
    """OR leaves the choice, so the freest counts; AND binds to both, so the strictest does."""
    choose = min if by == "OR" else max
    family = choose(left.family, right.family, key=_RANK.__getitem__)
    sides = [f"({side.id})" if by == "AND" and " OR " in side.id else side.id for side in (left, right)]
    return License(f"{sides[0]} {by} {sides[1]}", family, listed=left.listed and right.listed)
