"""Whether a fingerprint makes sense beyond its shape: asks that are there, paths and expressions that can be read."""

import re
from collections.abc import Iterator, Mapping

from livebom.recognise.asking import method_of
from livebom.recognise.match import pattern
from livebom.recognise.path import steps
from livebom.recognise.rules import MODEL_FIELDS, AskRule, Clause, Condition, Field, Fingerprint, Match, Test

ANY = "any"
"""As the name of an ask: every reply of the conversation."""


def check(fingerprint: Fingerprint, asks: Mapping[str, AskRule]) -> None:
    """Raises ValueError that names the product and what is wrong; `asks` are its own and the shared ones.

    Done when the catalogue is made, so that a bad rule is never an error of a sweep.
    """
    for name, rule in fingerprint.asks.items():
        method_of(rule, f"{fingerprint.product}.{name}")
    for name in _asks_named(fingerprint):
        if name not in asks and name != ANY:
            raise ValueError(f"{fingerprint.product}: no ask {name!r} in this file or in shared.yaml")
    try:
        for path in _paths(fingerprint):
            steps(path)
        for expression in _expressions(fingerprint):
            pattern(expression)
    except re.error as error:
        raise ValueError(f"{fingerprint.product}: bad expression {error.pattern!r}: {error}") from None
    except ValueError as error:
        raise ValueError(f"{fingerprint.product}: {error}") from None


def conditions(fingerprint: Fingerprint) -> Iterator[Condition]:
    """Every condition on a named ask."""
    yield from (*fingerprint.marks, *fingerprint.vetoes, *fingerprint.version, *fingerprint.auth)
    for clause in clauses(fingerprint):
        yield from clause.all


def clauses(fingerprint: Fingerprint) -> Iterator[Clause]:
    """Every clause of the checks."""
    for one in fingerprint.checks:
        yield from (*one.fail, *one.pass_, *one.applies)


def _asks_named(fingerprint: Fingerprint) -> Iterator[str]:
    yield from (condition.ask for condition in conditions(fingerprint))
    yield from (rule.ask for rule in fingerprint.models)
    for ask in fingerprint.asks.values():
        if ask.after is not None:
            yield ask.after
        if ask.only_for is not None:
            yield ask.only_for.ask


def _matches(fingerprint: Fingerprint) -> Iterator[Match]:
    yield from conditions(fingerprint)
    yield from (rule.when for rule in fingerprint.models if rule.when is not None)


def _fields(fingerprint: Fingerprint) -> Iterator[Field]:
    for rule in fingerprint.models:
        for name in ("name", *MODEL_FIELDS):
            where: Field | str | None = getattr(rule, name)
            if where is not None:
                yield Field(at=where) if isinstance(where, str) else where


def _paths(fingerprint: Fingerprint) -> Iterator[str]:
    for match in _matches(fingerprint):
        yield from match.json
    for entries in [ask.only_for for ask in fingerprint.asks.values() if ask.only_for is not None]:
        yield from (entries.each, entries.name, *entries.json)
    yield from (rule.each for rule in fingerprint.models if rule.each is not None)
    yield from (field.at for field in _fields(fingerprint) if field.at is not None)
    yield from (
        rule.at
        for rule in fingerprint.version
        if rule.at not in {"banner", "body"} and not rule.at.startswith("header:")
    )


def _expressions(fingerprint: Fingerprint) -> Iterator[str]:
    tests = [test for match in _matches(fingerprint) for test in (*match.header.values(), *match.json.values())]
    tests += [match.body for match in _matches(fingerprint)]
    for ask in fingerprint.asks.values():
        tests += ask.only_for.json.values() if ask.only_for is not None else ()
    yield from (test.matches for test in tests if isinstance(test, Test) and test.matches is not None)
    yield from (rule.pattern for rule in fingerprint.version if rule.pattern is not None)
    yield from (field.pattern for field in _fields(fingerprint) if field.pattern is not None)
