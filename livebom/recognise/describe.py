"""What is known of each product and each check, as records made from the fingerprints themselves."""

from collections.abc import Iterable

from msgspec import Struct, structs

from livebom.bom.service import Severity
from livebom.recognise.asking import method_of
from livebom.recognise.catalog import CONTROL, Catalog, Kit
from livebom.recognise.rules import MODEL_FIELDS, AskRule, CheckRule, Clause, Condition, ModelRule
from livebom.recognise.sound import ANY, clauses
from livebom.recognise.words import condition, grading, place

Graded = str | dict[str, str]


class Asked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request that may be sent."""

    name: str
    method: str
    path: str
    phase: str
    shared: bool = False
    """Sent in every conversation."""
    blind: bool = False
    """Sent on the product's usual ports before anything speaks for it."""
    each_model: bool = False
    sensitive: bool = False
    """Its body is judged and never stored."""
    after: str | None = None
    ports: list[int] = []
    headers: dict[str, str] = {}
    why: str = ""


class Said(Struct, frozen=True, kw_only=True):
    """One piece of evidence; a veto has no weight."""

    ask: str
    condition: str
    weight: float | None = None
    why: str = ""
    source: str = ""


class Dated(Struct, frozen=True, kw_only=True):
    """Where a version is read, and how far it is trusted."""

    ask: str
    at: str
    trust: str
    condition: str
    value: str | None = None
    note: str = ""


class Listed(Struct, frozen=True, kw_only=True):
    """How a reply names models: model field to where it stands."""

    ask: str
    each: str | None
    fields: dict[str, str]


class Guarded(Struct, frozen=True, kw_only=True):
    """What a reply tells about authentication."""

    ask: str
    condition: str
    auth: str


class Flaw(Struct, frozen=True, kw_only=True):
    """A known vulnerability."""

    id: str
    affected: str
    title: str
    severity: str | None
    fixed: str | None
    grade: str
    source: str


class Spared(Struct, frozen=True, kw_only=True):
    """A request that is never sent to it."""

    method: str
    path: str
    why: str
    source: str


class ProductEntry(Struct, frozen=True, kw_only=True):
    """Everything about one product."""

    product: str
    title: str
    role: str
    grade: str
    generic: bool
    homepage: str
    ports: list[int]
    fronts: list[str]
    hints: dict[str, list[str]]
    asks: list[Asked]
    marks: list[Said]
    vetoes: list[Said]
    versions: list[Dated]
    models: list[Listed]
    auth: list[Guarded]
    checks: list[str]
    cves: list[Flaw]
    never: list[Spared]
    sources: list[str]


class CheckEntry(Struct, frozen=True, kw_only=True, rename={"pass_": "pass"}):
    """Everything about one check."""

    id: str
    product: str
    title: str
    severity: Graded
    """One for everywhere, or one for each exposure."""
    severity_why: str
    why: str
    confirm: str
    cwe: list[int]
    owasp: list[str]
    remediation: str
    asks: list[str]
    """The requests it looks at."""
    fail: list[str]
    """Alternatives, each a sentence of conditions."""
    pass_: list[str]
    applies: list[str]
    exposures: list[str]
    source: str


def products(catalog: Catalog) -> list[ProductEntry]:
    """Every product, by name."""
    return [_product(catalog, kit) for kit in catalog.kits]


def checks(catalog: Catalog, of_workloads: Iterable[CheckRule] = ()) -> list[CheckEntry]:
    """Every check, by product and then as its file has them; last what is judged by the version.

    `of_workloads` are those of containers and processes; they come first.
    """
    found = [_declared(rule.id.partition("-")[0], rule) for rule in of_workloads]
    for kit in catalog.kits:
        found += [_check(kit, rule) for rule in kit.fingerprint.checks]
        found += _version_check(kit)
    return found


def _product(catalog: Catalog, kit: Kit) -> ProductEntry:
    one = kit.fingerprint
    return ProductEntry(
        product=one.product,
        title=one.title,
        role=one.role,
        grade=one.grade,
        generic=one.generic,
        homepage=one.homepage,
        ports=one.ports,
        fronts=one.fronts,
        hints={name: found for name, found in structs.asdict(one.hints).items() if found},
        asks=[_asked(name, kit.asks[name], shared=name not in one.asks) for name in _looked_at(kit)],
        marks=[_said(mark, mark.weight, mark.why, mark.source) for mark in one.marks],
        vetoes=[_said(veto, None, veto.why, veto.source) for veto in one.vetoes],
        versions=[
            Dated(ask=v.ask, at=v.at, trust=v.trust, condition=condition(v), value=v.value, note=v.note)
            for v in one.version
        ],
        models=[_listed(rule) for rule in one.models],
        auth=[Guarded(ask=a.ask, condition=condition(a), auth=a.auth.value) for a in one.auth],
        checks=[rule.id for rule in one.checks] + [entry.id for entry in _version_check(kit)],
        cves=[
            Flaw(
                id=c.id,
                affected=c.affected,
                title=c.title,
                severity=c.severity.value if c.severity else None,
                fixed=c.fixed,
                grade=c.grade,
                source=c.source,
            )
            for c in one.cves
        ],
        never=[
            Spared(method=n.method, path=n.path, why=n.why, source=n.source)
            for n in catalog.never
            if n.product == one.product
        ],
        sources=one.sources,
    )


def _looked_at(kit: Kit) -> list[str]:
    """The shared asks that the product's rules look at, then its own."""
    one = kit.fingerprint
    rules: list[Condition | ModelRule] = [*one.marks, *one.vetoes, *one.version, *one.auth, *one.models]
    used = {rule.ask for rule in rules} | {c.ask for clause in clauses(one) for c in clause.all}
    return [name for name in kit.asks if name in used or name in one.asks]


def _asked(name: str, rule: AskRule, *, shared: bool) -> Asked:
    method, path = method_of(rule, name)
    return Asked(
        name=name,
        method=method,
        path=path,
        phase=rule.phase,
        shared=shared,
        blind=rule.blind,
        each_model=rule.each is not None,
        sensitive=rule.sensitive,
        after=rule.after,
        ports=rule.ports,
        headers=rule.headers,
        why=rule.why,
    )


def _said(rule: Condition, weight: float | None, why: str, source: str) -> Said:
    return Said(ask=rule.ask, condition=condition(rule), weight=weight, why=why, source=source)


def _listed(rule: ModelRule) -> Listed:
    places = {name: getattr(rule, name) for name in ("name", *MODEL_FIELDS)}
    fields = {name: place(where) for name, where in places.items() if where is not None}
    return Listed(ask=rule.ask, each=rule.each, fields=fields)


def _check(kit: Kit, rule: CheckRule) -> CheckEntry:
    used = dict.fromkeys(c.ask for clause in (*rule.fail, *rule.pass_, *rule.applies) for c in clause.all)
    return structs.replace(
        _declared(kit.product, rule),
        asks=[_request(kit, name) for name in used],
        fail=[_sentence(kit, clause) for clause in rule.fail],
        pass_=[_sentence(kit, clause) for clause in rule.pass_],
        applies=[_sentence(kit, clause) for clause in rule.applies],
    )


def _declared(product: str, rule: CheckRule) -> CheckEntry:
    """A check without the requests and replies that decide it."""
    return CheckEntry(
        id=rule.id,
        product=product,
        title=rule.title,
        severity=_graded(rule.severity),
        severity_why=rule.severity_why,
        why=rule.why,
        confirm=rule.confirm,
        cwe=rule.cwe,
        owasp=rule.owasp,
        remediation=rule.remediation,
        asks=[],
        fail=[],
        pass_=[],
        applies=[],
        exposures=list(rule.exposures),
        source=rule.source,
    )


def _version_check(kit: Kit) -> list[CheckEntry]:
    """What `livebom.recognise.verdict.vulnerable` judges: the version against the ranges that are more than memory."""
    known = [rule for rule in kit.fingerprint.cves if rule.grade != "memory"]
    if not known:
        return []
    worst = min((rule.severity or Severity.MEDIUM for rule in known), key=lambda one: one.rank)
    return [
        CheckEntry(
            id=f"{kit.product}-vulnerable-version",
            product=kit.product,
            title="This version has known vulnerabilities",
            severity=worst.value,
            severity_why="the worst that any of the ranges can come to; a finding has that of the ranges it names",
            why="Attacks on published vulnerabilities need no discovery of their own.",
            confirm="inferred",
            cwe=[1395],
            owasp=["LLM03"],
            remediation="Upgrade to a release that lies in none of these ranges.",
            asks=[_request(kit, name) for name in kit.dating],
            fail=[f"the version lies in one of {len(known)} ranges, which livebom catalog {kit.product} lists"],
            pass_=["the version is known and lies in none of them"],
            applies=[],
            exposures=[],
            source="; ".join(dict.fromkeys(rule.source for rule in known if rule.source)),
        )
    ]


def _graded(severity: Severity | dict[str, Severity] | object) -> Graded:
    if isinstance(severity, dict):
        return {str(exposure): str(level) for exposure, level in severity.items()}
    return str(severity)


def _sentence(kit: Kit, clause: Clause) -> str:
    said = [
        f"{_request(kit, one.ask)}{' of every model' if one.every else ''}: {condition(one) or 'answered'}"
        for one in clause.all
    ]
    severity = f" (then {grading(_graded(clause.severity))})" if clause.severity is not None else ""
    return "; and ".join(said) + severity


def _request(kit: Kit, name: str) -> str:
    if name == ANY:
        return "any reply"
    return " ".join(method_of(kit.asks[name], name)) if name != CONTROL else "a path that cannot exist"


def grades(entries: Iterable[ProductEntry]) -> dict[str, int]:
    """How many products are known how well; what is only from memory is counted apart."""
    counts = dict.fromkeys(("recorded", "source", "memory"), 0)
    for entry in entries:
        counts[entry.grade] += 1
    return counts
