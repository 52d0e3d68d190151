"""How the entries of a document stand to each other: what holds what, what needs what, what was made from what."""

from collections.abc import Iterator

from livebom.bom.parts import EdgeKind, PartKind
from livebom.readers.cyclonedx import facts, findings, keys, kubernetes, own
from livebom.readers.cyclonedx.card_shape import Property
from livebom.readers.cyclonedx.placing import MODELS, Entries, Place
from livebom.readers.cyclonedx.shape import Bom, Component, Dependency, Service, Vulnerability

K = PartKind
E = EdgeKind

_HOLDS = kubernetes.HOLDS | {
    (K.MODEL, K.WEIGHTS): E.HAS_WEIGHTS,
    (K.ADAPTER, K.WEIGHTS): E.HAS_WEIGHTS,
    (K.MCP_SERVER, K.TOOL): E.EXPOSES,
    (K.MCP_SERVER, K.ENDPOINT): E.EXPOSES,
    (K.SERVER, K.ENDPOINT): E.EXPOSES,
}
"""What an entry has to do with those inside it, by both kinds; any other it contains."""


class Links:
    """The edges of one document, drawn between entries that are placed."""

    def __init__(self, bom: Bom, entries: Entries) -> None:
        self.bom, self.entries, self.out, self.notes = bom, entries, entries.out, entries.notes
        self.subject: Place | None = None
        self._later: list[tuple[Place, str, list[tuple[str, str]] | None]] = []
        """Edges to entries that may not be placed yet: from where, to which data set, or our own properties."""

    def components(self, found: list[Component], path: str, parent: Place | None) -> None:
        """Place these components with all below them and all they were made from."""
        waiting = [(one, f"{path}[{index}]", parent, "") for index, one in enumerate(found)]
        while waiting:
            one, at, above, how = waiting.pop()
            place = self.entries.component(one, at, None if how else above)
            if above and how:
                self._made_from(*((above, place) if how == "ancestor" else (place, above)))
            elif above:
                self.holds(above, place)
            self._told_by(one, place)
            within = place if place.id else above
            waiting += [(each, f"{at}.components[{i}]", within, "") for i, each in enumerate(one.components or ())]
            if one.pedigree and place.id and not place.own:
                waiting += [
                    (each, f"{at}.pedigree.{name}s[{i}]", place, name)
                    for name, its in (("ancestor", one.pedigree.ancestors), ("descendant", one.pedigree.descendants))
                    for i, each in enumerate(its or ())
                ]

    def services(self, found: list[Service], path: str, parent: Place | None) -> None:
        """Place these services with all below them."""
        waiting = [(one, f"{path}[{index}]", parent) for index, one in enumerate(found)]
        while waiting:
            one, at, above = waiting.pop()
            place = self.entries.service(one, at)
            if above:
                self.holds(above, place)
            if place.own:
                self._later.append((place, "", own.told(one.properties)))
            waiting += [(each, f"{at}.services[{i}]", place) for i, each in enumerate(one.services or ())]

    def holds(self, above: Place, place: Place) -> None:
        """The edge from an entry to one inside it; entries of our own writer tell theirs themselves."""
        if above.kind and place.kind and not place.own:
            kind = _HOLDS.get((above.kind, place.kind), E.CONTAINS)
            if (above.kind, place.kind) == (K.SERVER, K.IMAGE) or (above.kind, place.kind) == (K.CONTAINER, K.IMAGE):
                self._edge(E.DEPLOYED_AS, place, above)
            else:
                self._edge(kind, above, place)

    def principals(self, found: list[Property] | None) -> None:
        """Whom our own writer names, and what they may do, from the properties of the whole document."""
        told: dict[str, list[tuple[str, str]]] = {}
        edges: list[tuple[str, str]] = []
        for name, text in own.told(found):
            ref, _, rest = name.partition(":")
            if rest and own.is_id(ref):
                told.setdefault(ref, []).append((rest, text))
            elif ref == "edge":
                edges.append((name, text))
        for ref, its in told.items():
            ours = own.kind_and_key(its, ref)
            if ours:
                self.entries.part(*ours, ref, "$.metadata.properties", its)
        self._later.append((Place(path="$.metadata.properties"), "", edges))

    def vulnerabilities(self, found: list[Vulnerability]) -> None:
        """A finding for each thing that each vulnerability is about."""
        for index, one in enumerate(found):
            path = f"$.vulnerabilities[{index}]"
            mine = own.told(one.properties)
            ours = own.kind_and_key(mine, one.bom_ref or "")
            if ours:
                said = own.finding_facts(one, findings.finding_facts(one))
                place = self.entries.part(*ours, one.bom_ref, path, mine, said)
                self._later.append((place, "", mine))
            affected = list(self._affected(one, path))
            for about in affected:
                finding = place if ours else self._finding(one, about, path)
                self._edge(E.HAS_FINDING, about, finding)

    def dependencies(self, found: list[Dependency]) -> None:
        """What needs what, of entries that do not tell it better themselves."""
        for index, row in enumerate(found):
            path = f"$.dependencies[{index}]"
            source = self._at(row.ref, f"{path}.ref")
            if source is None or source.own:
                continue
            for number, ref in enumerate(row.depends_on or ()):
                needed = self._at(ref, f"{path}.dependsOn[{number}]")
                if needed:
                    self._edge(E.DEPENDS_ON, source, needed)

    def finish(self) -> None:
        """Draw the edges that had to wait until everything was placed."""
        for place, dataset, mine in self._later:
            if mine is None:
                found = self._at(dataset, f"{place.path}.modelCard.modelParameters.datasets")
                if found and found.kind is K.DATASET:
                    self._edge(E.FINE_TUNED_ON, place, found)
                continue
            for source, kind, ref, said in own.edges(mine):
                here = self._at(source, place.path) if source else place
                there = self._at(ref, place.path) if kind else None
                if kind is None:
                    self.notes.count("an edge cannot be read", "{n} edges cannot be read", ref)
                elif here and there:
                    self._edge(kind, here, there, said, as_told=True)

    def _made_from(self, made: Place, ancestor: Place) -> None:
        """What one thing was made from; the graph knows that of models, weights and data sets only."""
        adapted = made.kind is K.ADAPTER and ancestor.kind is K.MODEL
        self._edge(E.ADAPTER_OF if adapted else E.DERIVED_FROM, made, ancestor)

    def _told_by(self, one: Component, place: Place) -> None:
        """Remember what the component says of entries elsewhere, and place the data sets it describes itself."""
        if place.own:
            self._later.append((place, "", own.told(one.properties)))
            return
        card = one.model_card.parameters if one.model_card else None
        for data in (card.datasets if card else None) or ():
            if place.kind not in MODELS:
                continue
            if data.ref:
                self._later.append((place, data.ref, None))
            elif data.name or data.contents or data.url:
                key = keys.data_key(data, self.entries.scope)
                said = facts.data_facts(data)
                its = self.entries.part(K.DATASET, key, data.bom_ref, place.path, None, said)
                self._edge(E.FINE_TUNED_ON, place, its)

    def _affected(self, one: Vulnerability, path: str) -> Iterator[Place]:
        """What the vulnerability is about: what it names, else the subject of the document."""
        named = one.affects or ()
        for index, row in enumerate(named):
            about = self._at(row.ref, f"{path}.affects[{index}].ref")
            if about and about.id:
                yield about
        if not named and self.subject:
            yield self.subject
        elif not named:
            words = "about nothing in this document"
            self.notes.count(f"a vulnerability is {words}", f"{{n}} vulnerabilities are {words}", one.id or path)

    def _finding(self, one: Vulnerability, about: Place, path: str) -> Place:
        key = f"{one.id or one.bom_ref or path}@{about.key}"
        return self.entries.part(K.FINDING, key, None, path, None, findings.finding_facts(one))

    def _at(self, ref: str, path: str) -> Place | None:
        """The entry that a `bom-ref` names; a name of nothing is remarked on."""
        found = self.entries.refs.get(ref) or self.entries.refs.get(self._inside(ref))
        if found is None:
            words = "that is nowhere in this document"
            self.notes.count(
                f"a bom-ref is named {words}", f"{{n}} times a bom-ref is named {words}", f"{path} `{ref}`"
            )
        return found

    def _inside(self, ref: str) -> str:
        """The `bom-ref` of a BOM-Link that leads into this very document."""
        serial = (self.bom.serial or "").removeprefix("urn:uuid:")
        prefix, _, inside = ref.partition("#")
        return inside if serial and prefix.startswith(f"urn:cdx:{serial}/") else ""

    def _edge(
        self,
        kind: EdgeKind,
        source: Place,
        destination: Place,
        said: facts.Facts | None = None,
        *,
        as_told: bool = False,
    ) -> None:
        if source.id and destination.id:
            self.out.edge(kind, source.id, destination.id, said, as_told=as_told)
