"""Words about parts: when they were seen, which claims lost, what was not looked at, and how complete all that is."""

from collections.abc import Iterator
from datetime import datetime

from livebom.bom.document import Document, Look
from livebom.bom.graph import winner
from livebom.bom.parts import Claim, EdgeKind, Part
from livebom.bom.text import safe_text
from livebom.export.cyclonedx.evidence import same
from livebom.export.cyclonedx.fit import moment, text_of
from livebom.export.cyclonedx.inventory import Component
from livebom.export.cyclonedx.statements import Annotation, Annotator, Composition
from livebom.export.cyclonedx.view import ROOT, View, ref_of, refs

_LIVEBOM = Annotator(component=Component(type="application", name="livebom"))
_LONGEST = 4000


def annotations(view: View) -> tuple[Annotation, ...]:
    """Everything there is to remark, in a fixed order."""
    return (*_unseen(view.document), *_conflicts(view), *_sightings(view))


def _remark(subjects: tuple[str, ...], at: datetime, text: str) -> Annotation:
    ref = ref_of("annotation", *subjects, at.isoformat(), text)
    return Annotation(bom_ref=ref, subjects=subjects, annotator=_LIVEBOM, timestamp=moment(at), text=text)


def _unseen(document: Document) -> Iterator[Annotation]:
    """What was not looked at: of each look, and what the document says beyond its looks."""
    told: set[str] = set()
    for look in sorted(document.looks):
        words = [safe_text(one) for one in look.not_seen]
        told.update(look.not_seen)
        if words:
            yield _remark((ROOT,), look.at, f"Not looked at by {_who(look)}: " + "; ".join(words))
        elif not look.complete:
            yield _remark((ROOT,), look.at, f"Not everything was looked at by {_who(look)}")
    left = [safe_text(one) for one in document.not_seen if one not in told]
    if left:
        yield _remark((ROOT,), document.at, "Not looked at: " + "; ".join(left))


def _who(look: Look) -> str:
    return safe_text(f"{look.surface}/{look.source} ({look.id})")


def _conflicts(view: View) -> Iterator[Annotation]:
    """For each part with claims that contradict each other: what is believed, and who said otherwise."""
    for part in view.parts.values():
        lost = [words for name, claims in sorted(part.attributes.items()) for words in _lost(name, claims)]
        if lost:
            yield _remark((str(part.id),), view.document.at, safe_text("; ".join(lost), _LONGEST))


def _lost(name: str, claims: tuple[Claim, ...]) -> list[str]:
    if len(claims) < 2:
        return []
    best = winner(claims)
    others = [claim for claim in claims if not same(claim.value, best.value)]
    if not others:
        return []
    return [f"{name} is believed to be {_told(best)}, not {' nor '.join(_told(claim) for claim in others)}"]


def _told(claim: Claim) -> str:
    seen = moment(claim.last_seen).isoformat()
    read = f", {claim.evidence}" if claim.evidence else ""
    shown = "nothing" if claim.value is None else text_of(claim.value)
    return f"{shown} ({claim.confidence} by {claim.surface}/{claim.source}, {seen}{read})"


def _sightings(view: View) -> Iterator[Annotation]:
    """When parts were first and last seen, those of the same times together."""
    groups: dict[tuple[datetime, datetime], list[Part]] = {}
    for part in view.parts.values():
        groups.setdefault((moment(part.first_seen), moment(part.last_seen)), []).append(part)
    for (first, last), parts in sorted(groups.items()):
        yield _remark(refs(parts), last, f"First seen {first.isoformat()}, last seen {last.isoformat()}")


def compositions(view: View) -> tuple[Composition, ...]:
    """How complete the estate is, and each part by the looks at the surfaces it is known from.

    Complete: every look at all its surfaces was. Incomplete: one was not. Unknown: no look at one of them stands here.
    Servers whose models were not told are incomplete in what they need.
    """
    document = view.document
    whole: dict[str, bool] = {}
    for look in document.looks:
        whole[look.surface] = whole.get(look.surface, True) and look.complete
    groups: dict[str, list[str]] = {"incomplete": [], "unknown": [], "complete": []}
    groups[_estate(document)].append(ROOT)
    for part in view.parts.values():
        groups[_aggregate(part, whole)].append(str(part.id))
    made = [_composition(name, tuple(sorted(its))) for name, its in groups.items() if its]
    mute = _mute(view)
    if mute:
        ref = ref_of("composition", "mute")
        made.append(Composition(bom_ref=ref, aggregate="incomplete", dependencies=mute))
    return tuple(made)


def _composition(aggregate: str, its: tuple[str, ...]) -> Composition:
    return Composition(bom_ref=ref_of("composition", aggregate), aggregate=aggregate, assemblies=its)


def _estate(document: Document) -> str:
    if not document.looks:
        return "unknown"
    return "complete" if document.complete and not document.not_seen else "incomplete"


def _aggregate(part: Part, whole: dict[str, bool]) -> str:
    surfaces = {claim.surface for claims in part.attributes.values() for claim in claims}
    if any(whole.get(surface) is False for surface in surfaces):
        return "incomplete"
    return "complete" if surfaces and surfaces <= whole.keys() else "unknown"


def _mute(view: View) -> tuple[str, ...]:
    """Listeners that did not tell their models, and the servers behind them."""
    keys = {key for look in view.document.looks for key in look.mute}
    listeners = [part for part in view.parts.values() if part.key in keys and part.kind == "listener"]
    servers = [server for one in listeners for server in view.sources(one, EdgeKind.LISTENS_ON)]
    return refs([*listeners, *servers])
