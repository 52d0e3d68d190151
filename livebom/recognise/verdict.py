"""Verdicts of the checks and of the version: fail, pass, unknown or not applicable, with evidence."""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from livebom.bom.observation import Outcome
from livebom.bom.service import Finding, Severity, Verdict
from livebom.bom.text import safe_text
from livebom.net.reply import RAW
from livebom.recognise import read, versions
from livebom.recognise.asking import method_of, render
from livebom.recognise.catalog import CONTROL, Kit
from livebom.recognise.match import View, holds
from livebom.recognise.rules import CheckRule, Clause, CveRule, Demand, Exposure, Grading
from livebom.recognise.sound import ANY

Decide = Callable[[Mapping[str, View]], tuple[Verdict, tuple[str, ...]]]
"""Decides a check that matchers cannot: from the replies by ask to a verdict and the asks that show it."""

_REFUSED = frozenset({401, 403, 404})
_SHOWN = 80


class Looked(Struct, frozen=True):
    """Everything the checks of one product may look at."""

    kit: Kit
    replies: Mapping[str, View]
    each: Mapping[str, Mapping[str, View]]
    """Replies to the asks sent once per model: ask to model to view."""


def verdicts(
    kit: Kit,
    replies: Mapping[str, View],
    exposure: Exposure | str,
    each: Mapping[str, Mapping[str, View]] | None = None,
    decided: Mapping[str, Decide] | None = None,
    *,
    fronted: bool = False,
) -> tuple[Finding, ...]:
    """Every check of the product and its version, judged by these replies, worst first.

    `decided` holds, by the check's id, what decides it in place of its clauses. `fronted` says that another AI layer
    stands before it, which may have told its own version.
    """
    looked = Looked(kit, replies, each or {})
    found = [judge(check, looked, exposure, (decided or {}).get(check.id)) for check in kit.fingerprint.checks]
    if kit.fingerprint.cves:
        found.append(vulnerable(kit, replies, fronted=fronted))
    return tuple(sorted(found, key=lambda f: (f.state != Verdict.FAIL, f.severity.rank, f.id)))


def judge(check: CheckRule, looked: Looked, exposure: Exposure | str, decide: Decide | None = None) -> Finding:
    """One check's verdict.

    A check that only a host can confirm stays unknown here. `fail` is looked at before `pass`; where neither holds
    the check could not be decided, and that is what is said.
    """
    state, proof, grading = Verdict.UNKNOWN, tuple[str, ...](), check.severity
    relevant = _relevant(check, looked, exposure)
    if relevant is False:
        state = Verdict.NOT_APPLICABLE
    elif relevant and check.confirm != "host":
        if decide is not None:
            state, names = decide(looked.replies)
            proof = tuple(_line(looked, name, looked.replies[name]) for name in names)
        else:
            state, proof, grading = _decide(check, looked)
    return Finding(
        id=check.id,
        title=check.title,
        severity=severity(grading, exposure),
        state=state,
        evidence=proof,
        remediation=check.remediation,
        cwe=tuple(map(str, check.cwe)),
        owasp=tuple(check.owasp),
    )


def _relevant(check: CheckRule, looked: Looked, exposure: Exposure | str) -> bool | None:
    """Whether the check applies; None where what that hangs on was not answered."""
    if check.exposures and exposure not in check.exposures:
        return False
    if not check.applies or any(_proof(clause, looked) is not None for clause in check.applies):
        return True
    return False if all(_refuted(clause, looked) for clause in check.applies) else None


def _decide(check: CheckRule, looked: Looked) -> tuple[Verdict, tuple[str, ...], Grading]:
    for clause in check.fail:
        proof = _proof(clause, looked)
        if proof is not None and not any(_says_nothing(one, looked.replies) for one in clause.all):
            return Verdict.FAIL, proof, check.severity if clause.severity is None else clause.severity
    for clause in check.pass_:
        proof = _proof(clause, looked)
        if proof is not None:
            return Verdict.PASS, proof, check.severity
    return Verdict.UNKNOWN, (), check.severity


def _proof(clause: Clause, looked: Looked) -> tuple[str, ...] | None:
    """The asks and statuses that satisfy every condition of the clause, or None."""
    proof: list[str] = []
    for demand in clause.all:
        found = _every(demand, looked) if demand.every else _any(demand, looked)
        if found is None:
            return None
        proof += found
    return tuple(dict.fromkeys(proof))


def _any(demand: Demand, looked: Looked) -> list[str] | None:
    for name, model, view in _looked_at(demand, looked):
        if holds(demand, view):
            return [_line(looked, name, view, model)]
    return None


def _every(demand: Demand, looked: Looked) -> list[str] | None:
    asked = looked.each.get(demand.ask, {})
    rule = looked.kit.asks[demand.ask]
    if rule.only_for is not None:
        wanted = read.named_by(rule.only_for, looked.replies)
    else:
        wanted = frozenset(one.name for one in read.models(looked.kit, looked.replies, looked.each) or ())
    if wanted - asked.keys() or not all(holds(demand, view) for view in asked.values()):
        return None
    return [_line(looked, demand.ask, view, model) for model, view in asked.items()]


def _looked_at(demand: Demand, looked: Looked) -> Iterator[tuple[str, str, View]]:
    """The replies a condition is put to: ask, model or nothing, view."""
    if demand.ask == ANY:
        yield from ((name, "", view) for name, view in looked.replies.items())
    elif demand.ask in looked.replies:
        yield demand.ask, "", looked.replies[demand.ask]
    else:
        yield from ((demand.ask, model, view) for model, view in looked.each.get(demand.ask, {}).items())


def _refuted(clause: Clause, looked: Looked) -> bool:
    """Whether some condition was answered otherwise; silence refutes nothing."""
    for demand in clause.all:
        views = [view for _, _, view in _looked_at(demand, looked)]
        told = [view for view in views if view.reply.outcome in (Outcome.OK, Outcome.PROTOCOL_ERROR)]
        elsewhere = demand.ask != ANY and bool(looked.kit.asks[demand.ask].ports) and bool(looked.replies)
        if (told or (elsewhere and not views)) and not any(holds(demand, view) for view in told):
            return True
    return False


def _says_nothing(demand: Demand, replies: Mapping[str, View]) -> bool:
    """A bare status shows no open gate where a path that cannot exist gets the same one (a proxy's 405 for all)."""
    control = replies.get(CONTROL)
    if control is None or demand.ask in (CONTROL, ANY) or control.reply.status in _REFUSED:
        return False
    return demand.status is not None and not _names_content(demand) and holds(demand, control)


def _names_content(demand: Demand) -> bool:
    return bool(demand.header or demand.json) or not (demand.body is demand.banner is demand.media is None)


def _line(looked: Looked, name: str, view: View, model: str = "") -> str:
    """The request and its status; of a request for one model, which."""
    rule = looked.kit.asks[name]
    method, path = method_of(rule, name)
    about = ""
    if model and "{model}" in path:
        path = render(name, rule, nonce="", model=model).path
    elif model:
        about = f" for {safe_text(model, _SHOWN)}"
    return f"{method} {name if method == RAW else path}{about} -> {view.reply.ending(method)}"


def severity(grading: Grading, exposure: Exposure | str) -> Severity:
    """How bad a failure is from there; a grading that names no severity for an exposure takes its mildest one."""
    if isinstance(grading, Severity):
        return grading
    named = {str(place): level for place, level in grading.items()}
    return named.get(exposure) or max(named.values(), key=lambda s: s.rank, default=Severity.INFO)


def vulnerable(kit: Kit, replies: Mapping[str, View], *, fronted: bool = False) -> Finding:
    """What is known to be wrong with this version: one finding, and none of its lines is a maybe.

    Where the version is unknown, a lie, only inferred, perhaps that of the layer in front, or that of a build between
    releases which a range touches, the state is unknown. Ranges that are only known from memory are left out.
    """
    product = kit.product
    said = read.version(kit, replies)
    exact = None if fronted else read.exact_version(kit, replies)
    version = None if exact is None else versions.parse(exact)
    rules = [rule for rule in kit.fingerprint.cves if rule.grade != "memory"]
    within = [None if version is None else versions.affected(version, rule.affected) for rule in rules]
    hit = [rule for rule, inside in zip(rules, within, strict=True) if inside]
    where = f"version {said.value} from {said.source}" if said.value else said.source
    shown = (safe_text(where),) if where else ()
    if version is None or (hit and version.development) or (not hit and None in within):
        return _about_version(product, Verdict.UNKNOWN, shown, title="version unknown")
    if not hit:
        return _about_version(product, Verdict.PASS, shown)
    worst = min((rule.severity or Severity.MEDIUM for rule in hit), key=lambda one: one.rank)
    lines = tuple(_known_flaw(rule) for rule in hit)
    return _about_version(product, Verdict.FAIL, shown + lines, worst=worst, remediation=_upgrade(hit))


def _about_version(
    product: str,
    state: Verdict,
    evidence: tuple[str, ...],
    *,
    title: str = "This version has known vulnerabilities",
    worst: Severity = Severity.INFO,
    remediation: str = "Find out the version on the host and keep it current.",
) -> Finding:
    return Finding(
        id=f"{product}-vulnerable-version",
        title=title,
        severity=worst,
        state=state,
        evidence=evidence,
        remediation=remediation,
    )


def _known_flaw(rule: CveRule) -> str:
    return f"{rule.id}: {rule.title} (affected {rule.affected}" + (f", fixed in {rule.fixed})" if rule.fixed else ")")


def _upgrade(hit: list[CveRule]) -> str:
    fixed = [(version, rule.fixed) for rule in hit if rule.fixed and (version := versions.parse(rule.fixed))]
    if len(fixed) < len(hit):
        return "Upgrade to a release that lies in none of these ranges."
    return f"Upgrade to {max(fixed)[1]} or later."
