"""Reading of facts from replies: version, models and authentication, as the fingerprint says where they stand."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import UNSET, Struct

from livebom.bom.service import Auth, ServedModel
from livebom.recognise.catalog import Kit
from livebom.recognise.match import ABSENT, View, holds, json_holds, pattern
from livebom.recognise.path import MOST, first, walk
from livebom.recognise.rules import MODEL_FIELDS, Entries, Field, ModelRule, VersionRule
from livebom.recognise.sound import ANY

_LONGEST = 512
"""Characters kept of a version or a model's field; a target may send more to fill a screen or a disk."""


class Version(Struct, frozen=True):
    """A version and where it comes from; the value is None where what is said is known to be false."""

    value: str | None = None
    source: str | None = None


def version(kit: Kit, replies: Mapping[str, View]) -> Version:
    """The version, by the first rule that yields one."""
    rule, said = _first_told(kit, replies)
    if rule is None:
        return Version()
    where = f"{kit.signatures[rule.ask][0]} {kit.signatures[rule.ask][1]}"
    if rule.trust == "lies":
        return Version(None, f"{where} says {said or 'nothing'}: {rule.note or 'known not to be the version'}")
    return Version(said, f"{where} ({rule.trust})")


def exact_version(kit: Kit, replies: Mapping[str, View]) -> str | None:
    """The version where the server itself told it; None where it is unknown, a lie or a conclusion of ours."""
    rule, said = _first_told(kit, replies)
    return said if rule is not None and rule.trust in {"exact", "declared"} else None


def _first_told(kit: Kit, replies: Mapping[str, View]) -> tuple[VersionRule | None, str | None]:
    for rule in kit.fingerprint.version:
        view = replies.get(rule.ask)
        if view is None or not holds(rule, view):
            continue
        said = _said(rule, view)
        if rule.trust == "lies":
            return rule, said
        if (value := rule.value or said) is not None:
            return rule, value
    return None, None


def _said(rule: VersionRule, view: View) -> str | None:
    if rule.at == "body":
        raw: Any = view.text
    elif rule.at == "banner":
        raw = view.reply.banner.decode("latin-1")
    elif rule.at.startswith("header:"):
        raw = view.reply.header(rule.at.removeprefix("header:"))
    else:
        raw = first(view.json, rule.at) if view.json is not ABSENT else None
    return _picked(raw, rule.pattern)


def _picked(raw: Any, expression: str | None) -> str | None:
    """A scalar as text, cut by the expression where there is one; None for nothing, empty or what does not match."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return None
    text = str(raw)
    if expression is not None:
        match = pattern(expression).search(text)
        if match is None:
            return None
        text = match[1] if match.re.groups else match[0]
    return text.strip()[:_LONGEST] or None


def auth(kit: Kit, replies: Mapping[str, View]) -> Auth:
    """What stands in front of the service, by the first rule that holds."""
    for rule in kit.fingerprint.auth:
        views = replies.values() if rule.ask == ANY else [replies[rule.ask]] if rule.ask in replies else []
        if any(holds(rule, view) for view in views):
            return rule.auth
    return Auth.UNKNOWN


def models(
    kit: Kit, replies: Mapping[str, View], each: Mapping[str, Mapping[str, View]] | None = None
) -> tuple[ServedModel, ...] | None:
    """The models served, in the order they are told of; None where no list could be read.

    `each` holds the replies to the asks sent once per model: ask name to model name to view.
    """
    found: dict[str, dict[str, Any]] = {}
    told = False
    for rule in kit.fingerprint.models:
        for asked, view in _views(rule, replies, each or {}):
            if view.json is ABSENT or not view.success or (rule.when is not None and not holds(rule.when, view)):
                continue
            told = told or rule.adds
            _take(rule, view.json, asked, found)
    if not told:
        return None
    return tuple(ServedModel(name=name, **fields) for name, fields in found.items())


def models_source(kit: Kit, replies: Mapping[str, View]) -> str | None:
    """The request line of the first answer that listed models; None where none did."""
    for rule in kit.fingerprint.models:
        view = replies.get(rule.ask)
        if rule.adds and view is not None and view.json is not ABSENT and view.success:
            return f"{kit.signatures[rule.ask][0]} {kit.signatures[rule.ask][1]}"
    return None


def named_by(entries: Entries, replies: Mapping[str, View]) -> frozenset[str]:
    """The names that the entries of an earlier reply give; none where it was not read."""
    view = replies.get(entries.ask)
    if view is None or view.json is ABSENT or not view.success:
        return frozenset()
    items = [item for item in walk(view.json, entries.each) if json_holds(item, entries.json)]
    return frozenset(name for item in items if isinstance(name := first(item, entries.name), str))


def _views(
    rule: ModelRule, replies: Mapping[str, View], each: Mapping[str, Mapping[str, View]]
) -> Iterator[tuple[str | None, View]]:
    if rule.ask in each:
        yield from each[rule.ask].items()
    elif rule.ask in replies:
        yield None, replies[rule.ask]


def _take(rule: ModelRule, document: Any, asked: str | None, found: dict[str, dict[str, Any]]) -> None:
    items = list(walk(document, rule.each))[:MOST] if rule.each is not None else [document]
    seen = set()
    for item in items:
        name = asked if rule.name is None else _field(rule.name, item)
        if not isinstance(name, str) or not name or (name not in found and not rule.adds):
            continue
        seen.add(name)
        known = found.setdefault(name, {})
        for field in MODEL_FIELDS:
            where = getattr(rule, field)
            if where is not None and known.get(field) is None:
                known[field] = _typed(field, _field(where, item))
    if rule.otherwise_loaded is not None:
        for name in found.keys() - seen:
            if found[name].get("loaded") is None:
                found[name]["loaded"] = rule.otherwise_loaded


def _field(where: Field | str, item: Any) -> Any:
    spec = Field(at=where) if isinstance(where, str) else where
    if spec.value is not UNSET:
        return spec.value
    raw = first(item, spec.at or "")
    if spec.is_ is not UNSET:
        return raw == spec.is_
    if spec.exists is not None:
        return (raw is not None) is spec.exists
    if spec.pattern is not None or isinstance(raw, str):
        return _picked(raw, spec.pattern)
    return raw


def _typed(field: str, raw: Any) -> Any:
    """The value as the model record types it; None for what does not fit, because a target may send anything."""
    if field == "loaded":
        return raw if isinstance(raw, bool) else None
    if field == "context_length":
        text = str(raw) if isinstance(raw, int | str) and not isinstance(raw, bool) else ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 13 else None
    if isinstance(raw, list) and raw and all(isinstance(one, str) for one in raw):
        raw = ", ".join(raw)
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return None
    return str(raw)[:_LONGEST] or None
