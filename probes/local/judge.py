"""Verdicts about one instance: the host-only checks of its product, and those of whatever it runs in."""

from collections.abc import Iterator, Mapping, Sequence

from livebom.bom.service import Finding, Verdict
from livebom.recognise.rules import CheckRule, Fingerprint
from livebom.recognise.verdict import severity
from probes.local import checks_workloads
from probes.local.checks_servers import ALSO, HOST
from probes.local.group import Instance
from probes.local.judging import Case, Rule
from probes.local.options import Started, started


def case_of(instance: Instance, product: str, fingerprint: Fingerprint | None, heard: Sequence[str]) -> Case:
    """The instance as its rules look at it. `heard` are the products that the network heard it answer as."""
    return Case(
        instance=instance,
        started=started(instance),
        product=product,
        contradictions=tuple(_contradictions(instance, heard)),
        own_checks=frozenset(check.id for check in fingerprint.checks) if fingerprint else frozenset(),
    )


def of_server(case: Case, fingerprint: Fingerprint | None, exposure: str, *, heard: bool) -> tuple[Finding, ...]:
    """The product's checks that this look decides; those of the network too where the network did not see it."""
    rules = HOST if heard else HOST | ALSO
    checks = fingerprint.checks if fingerprint else []
    return tuple(_judged(check, rules[check.id], case, exposure) for check in checks if check.id in rules)


def of_workload(case: Case, checks: Sequence[CheckRule], exposure: str) -> tuple[Finding, ...]:
    """The checks of containers and processes, whatever runs in them."""
    return tuple(_judged(check, checks_workloads.RULES[check.id], case, exposure) for check in checks)


def _judged(check: CheckRule, rule: Rule, case: Case, exposure: str) -> Finding:
    state, evidence = rule(case)
    if check.exposures and exposure not in check.exposures:
        state, evidence = Verdict.NOT_APPLICABLE, ()
    return Finding(
        id=check.id,
        title=check.title,
        severity=severity(check.severity, exposure),
        state=state,
        evidence=evidence,
        remediation=check.remediation,
        cwe=tuple(map(str, check.cwe)),
        owasp=tuple(check.owasp),
    )


def _contradictions(instance: Instance, heard: Sequence[str]) -> Iterator[str]:
    """What the sources say of product and port that cannot all be true."""
    said: dict[str, set[str]] = {}
    for hint in instance.hints:
        said.setdefault(hint.product, set()).add(f"{hint.by} ({hint.source})")
    hinted = _by_ways(instance)
    answers = sorted(set(heard) - {""})
    if answers and said and not said.keys() & set(answers):
        told = [f"{name} by {' and '.join(sorted(its))}" for name, its in sorted(said.items())]
        yield f"product: {', '.join(told)}; {', '.join(answers)} by its answers"
    elif not answers and hinted["argv"] and hinted["image"] and not hinted["argv"] & hinted["image"]:
        yield f"product: {', '.join(sorted(hinted['argv']))} by argv, {', '.join(sorted(hinted['image']))} by image"
    yield from _other_port(instance, started(instance))


def _by_ways(instance: Instance) -> Mapping[str, set[str]]:
    return {by: {hint.product for hint in instance.hints if hint.by == by} for by in ("argv", "image")}


def _other_port(instance: Instance, how: Started) -> Iterator[str]:
    given = how.option("--port")
    if given is None or not given.value.isdecimal():
        return
    sockets = {socket.port for one in instance.workloads for socket in one.sockets or ()}
    published = {port.inner for one in instance.containers for port in one.published}
    for ports, word in ((sockets, "listens on"), (published if not sockets else set(), "published is")):
        if ports and int(given.value) not in ports:
            yield f"port: {given.value} by argv; {word} {', '.join(map(str, sorted(ports)[:8]))}"
