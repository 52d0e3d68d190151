"""Every entry of a document as a part: its kind, key and facts, found again by the entry's `bom-ref`."""

from uuid import UUID

import msgspec
from msgspec import Struct

from livebom.bom.identity import part_id
from livebom.bom.observation import Fact
from livebom.bom.parts import Alias, Confidence, EdgeKind, PartKind
from livebom.readers.cyclonedx import facts, keys, kinds, kubernetes, own
from livebom.readers.cyclonedx.card_shape import Property
from livebom.readers.cyclonedx.notes import Notes
from livebom.readers.cyclonedx.shape import Component, Service
from livebom.readers.gathering import Gathering
from livebom.readers.problem import ReadProblem

K = PartKind
MODELS = frozenset({K.MODEL, K.ADAPTER})


class Place(Struct, frozen=True, kw_only=True):
    """Where an entry stands in the document, and the part it became; no id where it was left out."""

    path: str
    id: UUID | None = None
    kind: PartKind | None = None
    key: str = ""
    own: bool = False
    """Our own writer wrote it, so it tells its edges itself."""


class Entries:
    """The entries that were placed so far."""

    def __init__(self, file: str, out: Gathering, notes: Notes) -> None:
        self.file, self.out, self.notes = file, out, notes
        self.scope = ""
        """What the document is about, in the keys of what has no name of its own."""
        self.refs: dict[str, Place] = {}

    def component(
        self, one: Component, path: str, parent: Place | None, said: tuple[PartKind, str] | None = None
    ) -> Place:
        """Make the component a part; `said` is its kind and key where the caller knows them."""
        told = _told(one.properties)
        mine = own.told(one.properties)
        ours = own.kind_and_key(mine, one.bom_ref or "")
        if ours and one.model_card:
            mine += own.told(one.model_card.properties)
        known = said or ours or _hosted(one, told)
        by_type = kinds.component_kind(one, told, parent.kind if parent else None)
        decided = (known[0], Confidence.DECLARED) if known else by_type
        if decided is None:
            return self._left_out(one, path)
        kind, sure = decided
        sure = kubernetes.confidence(told) or sure
        named = keys.component_key(one, kind, self.scope, parent.key if parent else "")
        if one.purl and named.purl is None:
            self.notes.count("a package URL cannot be read", "{n} package URLs cannot be read", one.purl)
        said_facts = facts.component_facts(one, kind, named, sure)
        if where := told.get("aibom.evidence.locator"):
            said_facts = {name: msgspec.structs.replace(fact, evidence=where) for name, fact in said_facts.items()}
        if ours:
            said_facts = own.component_facts(one, kind, said_facts)
        if known:
            named = msgspec.structs.replace(named, key=known[1])
        place = self._place(kind, named.key, path, said_facts, mine if ours else None)
        self._register(one.bom_ref, place, f"{path}.bom-ref")
        for index, entry in enumerate(one.data or ()):
            self._register(entry.bom_ref, place, f"{path}.data[{index}].bom-ref")
        if kind in MODELS and not place.own:
            self._beside_model(place, named, sure)
        return place

    def service(self, one: Service, path: str) -> Place:
        """Make the service a part."""
        mine = own.told(one.properties)
        ours = own.kind_and_key(mine, one.bom_ref or "")
        kind, sure = (ours[0], Confidence.DECLARED) if ours else kinds.service_kind(one)
        key = ours[1] if ours else keys.service_key(one, kind, self.scope)
        said = facts.service_facts(one, kind, sure)
        if ours:
            said = own.service_facts(one, kind, mine, said)
        place = self._place(kind, key, path, said, mine if ours else None)
        self._register(one.bom_ref, place, f"{path}.bom-ref")
        return place

    def part(
        self,
        kind: PartKind,
        key: str,
        ref: str | None,
        path: str,
        mine: list[tuple[str, str]] | None,
        said: facts.Facts | None = None,
    ) -> Place:
        """Make a part of what is neither component nor service: a finding, a card's data set, a principal of ours."""
        place = self._place(kind, key, path, said or {}, mine)
        self._register(ref, place, f"{path}.bom-ref")
        return place

    def _place(
        self, kind: PartKind, key: str, path: str, said: facts.Facts, mine: list[tuple[str, str]] | None
    ) -> Place:
        if mine is not None:
            said = _graded(own.beyond_key(said, key) | own.facts(mine, kind), own.grades(mine))
            self._aliases(kind, key, mine)
        return Place(path=path, id=self.out.part(kind, key, said), kind=kind, key=key, own=mine is not None)

    def _aliases(self, kind: PartKind, key: str, mine: list[tuple[str, str]]) -> None:
        for other, method, source, confidence in own.aliases(mine):
            self.out.aliases.add(
                Alias(
                    id=part_id(kind, key),
                    same_as=self.out.part(kind, other),
                    kind=kind,
                    key=other,
                    source=source or self.out.source,
                    method=method,
                    confidence=confidence,
                )
            )

    def _register(self, ref: str | None, place: Place, path: str) -> None:
        """Remember the entry by its `bom-ref`. Raises ReadProblem where another thing has the same."""
        if not ref:
            return
        before = self.refs.setdefault(ref, place)
        if before.id != place.id:
            raise ReadProblem(
                self.file,
                path,
                f"the bom-ref `{ref}` stands at {before.path} already",
                "give every entry a bom-ref of its own",
            )

    def left_out(self, ref: str, path: str) -> None:
        """Remember the name of an entry that is no part, so that whoever names it names something."""
        self._register(ref, Place(path=path), f"{path}.bom-ref")

    def _left_out(self, one: Component, path: str) -> Place:
        words = f"of type `{one.type}` left out, as the graph has no word for it"
        self.notes.count(f"a component {words}", f"{{n}} components {words}", one.name)
        place = Place(path=path)
        self._register(one.bom_ref, place, f"{path}.bom-ref")
        return place

    def _beside_model(self, place: Place, named: keys.Named, sure: Confidence) -> None:
        """The model's version and weights, where its package URL or hashes tell of them."""
        if place.id is None:
            return
        if named.revision:
            version = self.out.part(
                K.MODEL_VERSION, f"{place.key}@{named.revision}", {"revision": Fact(named.revision, sure)}
            )
            self.out.edge(EdgeKind.HAS_VERSION, place.id, version)
        if named.sha256:
            weights = self.out.part(K.WEIGHTS, f"sha256:{named.sha256}", {"sha256": Fact(named.sha256, sure)})
            self.out.edge(EdgeKind.HAS_WEIGHTS, place.id, weights)


def _told(properties: list[Property] | None) -> dict[str, str]:
    return {item.name: item.value or "" for item in properties or () if item.name}


def _hosted(one: Component, told: dict[str, str]) -> tuple[PartKind, str] | None:
    domain = kubernetes.provider(one, told)
    return (K.API_PROVIDER, domain) if domain else None


def _graded(said: facts.Facts, grades: dict[str, Confidence]) -> facts.Facts:
    return {
        name: msgspec.structs.replace(fact, confidence=grades.get(name, fact.confidence)) for name, fact in said.items()
    }
