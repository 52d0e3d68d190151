"""The document about itself: when and by whom it was made, who looked at what, and how far that went."""

from collections.abc import Iterable, Iterator

from livebom import __version__
from livebom.bom.document import Document, Look
from livebom.bom.text import safe_text
from livebom.export.cyclonedx.declarations import principal_properties
from livebom.export.cyclonedx.evidence import source_ref
from livebom.export.cyclonedx.facts import own
from livebom.export.cyclonedx.fit import moment, version_of
from livebom.export.cyclonedx.inventory import Component
from livebom.export.cyclonedx.shape import Property
from livebom.export.cyclonedx.statements import Metadata, Phase, Tools
from livebom.export.cyclonedx.view import ROOT, View, ref_of

_PHASES = {"runtime": "operations", "web": "operations", "agents": "operations", "code": "pre-build"}


def metadata(view: View) -> Metadata:
    """What stands at the head of the document."""
    document = view.document
    phases = {"discovery", *(_PHASES[look.surface] for look in document.looks if look.surface in _PHASES)}
    return Metadata(
        timestamp=moment(document.at),
        lifecycles=tuple(Phase(phase=one) for one in sorted(phases)),
        tools=Tools(components=tuple(_tools(view))),
        component=Component(
            type="platform",
            bom_ref=ROOT,
            name="AI estate",
            description="; ".join(safe_text(place) for place in document.scope) or None,
        ),
        properties=(*_properties(document), *_dangling(view), *principal_properties(view)),
    )


def _tools(view: View) -> Iterator[Component]:
    """The writer, the tools that looked, and everybody who said anything."""
    yield Component(type="application", bom_ref=ref_of("writer"), name="livebom", version=__version__)
    for look in sorted({(look.source, look.surface) for look in view.document.looks}):
        name, version = _split(look[0])
        yield Component(
            type="application",
            bom_ref=ref_of("looker", *look),
            name=safe_text(name),
            version=version_of(version) if version else None,
            properties=(own("surface", safe_text(look[1])),),
        )
    for surface, source in sorted(_sources(view)):
        yield Component(
            type="application",
            bom_ref=source_ref(surface, source),
            name=safe_text(source) or "unnamed",
            properties=(own("surface", safe_text(surface)), own("says", "claims of this document")),
        )


def _split(source: str) -> tuple[str, str]:
    """`livebom 0.1.0` is a name and a version."""
    name, _, version = source.rpartition(" ")
    return (name, version) if name and version[:1].isdigit() else (source or "unnamed", "")


def _sources(view: View) -> set[tuple[str, str]]:
    return {
        (claim.surface, claim.source)
        for part in view.parts.values()
        for claims in part.attributes.values()
        for claim in claims
    }


def _properties(document: Document) -> Iterator[Property]:
    yield own("surface", safe_text(document.surface))
    yield own("complete", _yes(document.complete))
    yield own("settled", _yes(document.settled))
    yield from _each("scope", document.scope)
    yield from _each("not_seen", document.not_seen)
    for look in sorted(document.looks):
        yield own("look", _sentence(look))


def _each(name: str, words: Iterable[str]) -> Iterator[Property]:
    return (own(name, safe_text(one)) for one in words)


def _sentence(look: Look) -> str:
    how = "complete" if look.complete else "incomplete"
    told = f"{moment(look.at).isoformat()} {look.surface} {how} by {look.source} ({look.id}): {', '.join(look.scope)}"
    return safe_text(told, 2000)


def _dangling(view: View) -> Iterator[Property]:
    """Edges whose ends are not in the document cannot be written; that there were any is said."""
    if view.dangling:
        yield own("dangling_edges", str(view.dangling))


def _yes(said: bool) -> str:
    return "true" if said else "false"
