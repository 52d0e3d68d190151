"""Why a part is believed to be what it is: CycloneDX's evidence where there is a field, `livebom:said` for the rest."""

import re
from functools import lru_cache

from livebom.bom.graph import winner
from livebom.bom.parts import Claim, Confidence, Part, Value
from livebom.bom.text import safe_text
from livebom.export.cyclonedx.facts import own
from livebom.export.cyclonedx.fit import text_of
from livebom.export.cyclonedx.inventory import Evidence, Identity, Method, Occurrence
from livebom.export.cyclonedx.shape import Property
from livebom.export.cyclonedx.view import ref_of

GRADES = {
    Confidence.VERIFIED: 1.0,
    Confidence.DECLARED: 0.8,
    Confidence.INFERRED: 0.5,
    Confidence.UNRESOLVED: 0.1,
}
"""CycloneDX wants a number from 0 to 1 where we have a word."""

TECHNIQUES = {
    "runtime": "instrumentation",
    "web": "dynamic-analysis",
    "code": "source-code-analysis",
    "weights": "binary-analysis",
    "agents": "manifest-analysis",
    "register": "attestation",
}
"""A surface's technique; of any other surface it is `other`, and of a digest always `hash-comparison`."""

_IDENTITY = {
    "name": "name",
    "version": "version",
    "revision": "version",
    "purl": "purl",
    "cpe": "cpe",
    "sha256": "hash",
    "blake3": "hash",
    "digest": "hash",
    "text_sha256": "hash",
}
"""Attributes that CycloneDX calls a component's identity, with its word for the field."""

_LINE = re.compile(r"(?P<file>[^\s#]+?):(?P<line>[0-9]{1,9})(?::[0-9]+)?(?:#[0-9a-f]*)?")
_FILES = frozenset({"code", "weights", "agents", "register", "import"})
"""Surfaces whose evidence can be a line of a file; a request line of the network can look like one."""


@lru_cache(maxsize=1024)
def source_ref(surface: str, source: str) -> str:
    """The bom-ref of whoever said something, among the document's tools."""
    return ref_of("source", surface, source)


def evidence(part: Part) -> Evidence | None:
    """The part's identity and the lines it stands at; None where neither is known."""
    identity = tuple(
        _identity(field, part.attributes[name]) for name, field in _IDENTITY.items() if part.attributes.get(name)
    )
    lines = _occurrences(part)
    return Evidence(identity=identity, occurrences=lines) if identity or lines else None


def _identity(field: str, claims: tuple[Claim, ...]) -> Identity:
    best = winner(claims)
    return Identity(
        field=field,
        confidence=GRADES[best.confidence],
        concluded_value=text_of(best.value),
        methods=tuple(_method(field, claim) for claim in claims),
        tools=tuple(sorted({source_ref(claim.surface, claim.source) for claim in claims})),
    )


def _method(field: str, claim: Claim) -> Method:
    technique = "hash-comparison" if field == "hash" else TECHNIQUES.get(claim.surface, "other")
    return Method(technique=technique, confidence=GRADES[claim.confidence], value=text_of(claim.value))


def _occurrences(part: Part) -> tuple[Occurrence, ...]:
    places = {
        (found["file"], int(found["line"]))
        for claims in part.attributes.values()
        for claim in claims
        if claim.surface in _FILES and claim.evidence and (found := _LINE.fullmatch(claim.evidence))
    }
    return tuple(Occurrence(location=safe_text(file), line=line) for file, line in sorted(places) if "://" not in file)


def said(part: Part) -> list[Property]:
    """Who said which of the believed values, how surely, and where it was read: one property per answer to that."""
    groups: dict[tuple[int, str, str, str], list[str]] = {}
    for name in sorted(part.attributes):
        claims = part.attributes[name]
        if not claims:
            continue
        best = winner(claims)
        for claim in claims:
            if same(claim.value, best.value):
                by = (claim.confidence.rank, claim.surface, claim.source, claim.evidence)
                groups.setdefault(by, []).append(name)
    return [own("said", _sentence(by, names)) for by, names in sorted(groups.items())]


def _sentence(by: tuple[int, str, str, str], names: list[str]) -> str:
    rank, surface, source, where = by
    read = f" ({where})" if where else ""
    return safe_text(f"{list(Confidence)[rank]} by {surface}/{source}{read}: {', '.join(names)}", 2000)


def same(one: Value, other: Value) -> bool:
    """Whether two values are one; a number is not the truth value it equals."""
    return type(one) is type(other) and one == other
