"""Edges as CycloneDX's dependencies, which say that a part needs another and not how."""

from livebom.bom.parts import Edge
from livebom.export.cyclonedx.shape import Dependency
from livebom.export.cyclonedx.view import ROOT, UNREFERENCED, View
from livebom.export.cyclonedx.words import EDGES, Leans


def dependencies(view: View) -> tuple[Dependency, ...]:
    """A row for the estate and one for each component and service; the estate needs what nothing else needs."""
    needs: dict[str, set[str]] = {str(part.id): set() for part in view.parts.values() if part.kind not in UNREFERENCED}
    for edge in view.edges:
        source, destination = _ends(edge)
        if source != destination and source in needs and destination in needs:
            needs[source].add(destination)
    needed = {one for its in needs.values() for one in its}
    needs[ROOT] = needs.keys() - needed
    return tuple(Dependency(ref=ref, depends_on=tuple(sorted(its))) for ref, its in sorted(needs.items()))


def _ends(edge: Edge) -> tuple[str, str]:
    """Who needs, and what; twice nothing where neither end needs the other."""
    leans = EDGES[edge.kind].leans
    if leans is Leans.NOT:
        return "", ""
    ends = str(edge.source), str(edge.destination)
    return ends if leans is Leans.FORWARD else (ends[1], ends[0])
