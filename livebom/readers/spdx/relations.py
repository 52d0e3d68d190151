"""Relationships of an SPDX graph as edges, licenses and findings; what has no meaning here is counted."""

from collections import Counter
from uuid import UUID

from livebom.bom.observation import Fact
from livebom.bom.parts import Confidence, EdgeKind, PartKind
from livebom.readers.gathering import Gathering
from livebom.readers.spdx.facts import facts_of
from livebom.readers.spdx.index import Entry, Index
from livebom.readers.spdx.naming import AGENTS, principal_key
from livebom.readers.spdx.own import own_edges
from livebom.readers.spdx.terms import expression
from livebom.readers.spdx.words import ASSESSED, EDGES, EXACT, FOUND, LICENSES, LOOSE, NOTHING, STATES

_SEVERITIES = {"critical": "critical", "high": "high", "medium": "medium", "low": "low", "none": "info"}


class Relations:
    """What the relationships of one document come to; `places` maps SPDX ids to the parts they became."""

    def __init__(self, index: Index, gathering: Gathering, places: dict[str, UUID], own: set[str]) -> None:
        """`own` are the ids of elements that came back whole, about which nothing more is to be said."""
        self.index, self.gathering, self.places, self.own = index, gathering, places, own
        self.dropped: Counter[str] = Counter()
        self.dangling: dict[str, None] = {}
        self.incomplete = 0
        self._findings: dict[tuple[str, str], dict[str, Fact]] = {}

    def read(self) -> None:
        """Read all of them. Raises ReadProblem for a field's type."""
        for entry in self.index.entries.values():
            if "relationshipType" in entry.fields:
                self._one(entry)
        for (vulnerability, subject), facts in self._findings.items():
            self._finding(self.index.entries[vulnerability], subject, facts)

    def _one(self, entry: Entry) -> None:
        type_ = entry.text("relationshipType")
        sources, ends = entry.refs("from"), entry.refs("to")
        self.incomplete += entry.text("completeness") == "incomplete"
        lost = own_edges(entry, self.gathering)
        if lost is not None:
            self.dangling |= dict.fromkeys(ends) if lost else {}
            return
        for source in sources:
            for end in ends:
                self._pair(entry, type_, source, end)

    def _pair(self, entry: Entry, type_: str, source: str, end: str) -> None:
        if type_ in LICENSES:
            self._license(type_, source, end)
        elif self._unknown(source) or self._unknown(end):
            return
        elif type_ == FOUND:
            self._assess(end, source, {"state": Fact("fail")})
        elif type_ in STATES or type_ == ASSESSED:
            self._assess(source, end, _assessment(entry, type_))
        elif not self._edge(type_, source, end):
            self.dropped[type_] += 1

    def _unknown(self, id_: str) -> bool:
        """Whether an id leads nowhere; what is not in the document is remembered."""
        if id_ in self.index.entries:
            return False
        if id_.rpartition("/")[2] not in NOTHING:
            self.dangling[id_] = None
        return True

    def _place(self, id_: str) -> UUID | None:
        """The part behind an id; an agent becomes one when it is first needed."""
        entry = self.index.entries[id_]
        if id_ not in self.places and entry.type in AGENTS:
            kind, key = PartKind.PRINCIPAL, principal_key(entry, self.index)
            self.places[id_] = self.gathering.part(kind, key, facts_of(entry, kind, key, self.index))
        return self.places.get(id_)

    def _edge(self, type_: str, source: str, end: str) -> bool:
        one, other = self._place(source), self._place(end)
        if one is None or other is None:
            return False
        for kind, turned in EDGES.get(type_, ()):
            begins, ends = (other, one) if turned else (one, other)
            facts = {"description": Fact(type_)} if kind in LOOSE and type_ not in EXACT else {}
            if self.gathering.edge(kind, begins, ends, facts):
                return True
        return False

    def _license(self, type_: str, subject: str, license_id: str) -> None:
        place = self.places.get(subject)
        if place is None or subject in self.own:
            return
        part = self.gathering.parts[place]
        confidence = Confidence.DECLARED if type_ == "hasDeclaredLicense" else Confidence.INFERRED
        if said := expression(license_id, self.index):
            self.gathering.part(part.kind, part.key, {"license": Fact(said, confidence, type_)})

    def _assess(self, vulnerability: str, subject: str, facts: dict[str, Fact]) -> None:
        """Collect what is said of one vulnerability in one part; a VEX statement outdoes a mere association."""
        if vulnerability in self.own or self.index.entries[vulnerability].type != "security_Vulnerability":
            return
        before = self._findings.setdefault((vulnerability, subject), {})
        before |= {name: fact for name, fact in facts.items() if name != "state" or fact.value != "fail" or not before}

    def _finding(self, entry: Entry, subject: str, facts: dict[str, Fact]) -> None:
        place = self._place(subject)
        if place is None:
            self.dropped[FOUND] += 1
            return
        identifiers = entry.inner("externalIdentifier")
        known = [one.text("identifier") for one in identifiers if one.text("externalIdentifierType") == "cve"]
        rule = next((one for one in known if one), "") or entry.text("name") or entry.id
        told = {
            "state": Fact("fail"),
            "rule": Fact(rule),
            "title": Fact(entry.text("summary") or entry.text("description") or rule),
            **({"cve": Fact(known)} if known else {}),
            **facts,
        }
        key = f"{rule}@{self.gathering.parts[place].key}"
        finding = self.gathering.part(PartKind.FINDING, key, told)
        self.gathering.edge(EdgeKind.HAS_FINDING, place, finding)


def _assessment(entry: Entry, type_: str) -> dict[str, Fact]:
    """State, remedy, severity and score, as far as the relationship's class tells them."""
    state, remedy = STATES.get(type_), entry.text("security_actionStatement")
    severity, score = entry.text("security_severity").lower(), entry.fields.get("security_score")
    facts: dict[str, Fact] = {}
    if state:
        facts["state"] = Fact(state)
    if remedy:
        facts["remediation"] = Fact(remedy)
    if severity in _SEVERITIES:
        facts["severity"] = Fact(_SEVERITIES[severity])
    if isinstance(score, int | float) and not isinstance(score, bool):
        facts["score"] = Fact(float(score))
    return facts
