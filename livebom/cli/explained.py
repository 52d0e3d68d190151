"""Why a listener was named so: its conversation, each product's evidence and each verdict, as a record and as text."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from livebom.bom.service import Auth, Finding, Layer, ServedModel, Verdict
from livebom.bom.text import safe_text
from livebom.recognise.catalog import Catalog
from livebom.recognise.describe import checks
from livebom.surfaces import Seen


class Answered(Struct, frozen=True, kw_only=True):
    """One ask and what came of it."""

    ask: str
    request: str
    status: int | None
    outcome: str
    size: int
    """Bytes of the body that were read."""
    seconds: float
    with_key: bool
    excerpt: str
    """The beginning of the body as it would be stored: secrets replaced, nothing where the ask is sensitive."""


class Weight(Struct, frozen=True, kw_only=True):
    """One piece of evidence that was found, for or against."""

    ask: str
    weight: float
    why: str


class Candidate(Struct, frozen=True, kw_only=True):
    """One product that something speaks for."""

    product: str
    role: str
    score: float
    evidence: tuple[Weight, ...]


class Judged(Struct, frozen=True, kw_only=True):
    """One check's verdict and its reason."""

    id: str
    title: str
    severity: str
    state: str
    evidence: tuple[str, ...]
    why: str
    remediation: str


class Explanation(Struct, frozen=True, kw_only=True):
    """Everything that led to what is said of one listener."""

    host: str
    port: int
    name: str | None
    base_path: str
    scheme: str | None
    outcome: str
    product: str | None
    version: str | None
    version_source: str | None
    score: float
    auth: Auth
    stack: tuple[Layer, ...]
    conflict: tuple[str, ...]
    models: tuple[ServedModel, ...] | None
    asks: tuple[Answered, ...]
    products: tuple[Candidate, ...]
    """Every product with a score above 0, the best first."""
    vetoes: dict[str, str]
    """Product to what rules it out."""
    verdicts: tuple[Judged, ...]
    requests: int
    at: datetime


_OF_SERVICE = (
    "host", "port", "name", "base_path", "scheme", "product", "version", "version_source", "score", "auth", "stack",
    "conflict", "models", "requests", "at",
)  # fmt: skip


def explanation(seen: Seen, catalog: Catalog) -> Explanation:
    """The record of one listener's conversation."""
    service = seen.service
    reasons = {check.id: check.why for check in checks(catalog)}
    return Explanation(
        **{name: getattr(service, name) for name in _OF_SERVICE},
        outcome=service.outcome.value,
        asks=tuple(
            Answered(
                ask=exchange.ask.id,
                request=exchange.ask.line,
                status=exchange.reply.status,
                outcome=exchange.reply.outcome.value,
                size=len(exchange.reply.body),
                seconds=round(exchange.reply.elapsed, 3),
                with_key=exchange.keyed,
                excerpt=evidence.excerpt,
            )
            for exchange, evidence in zip(seen.said, service.proof, strict=True)
        ),
        products=tuple(
            Candidate(
                product=one.product,
                role=one.role,
                score=one.score,
                evidence=tuple(Weight(ask=w.ask, weight=w.weight, why=w.why) for w in one.evidence),
            )
            for one in seen.standings
            if one.score > 0
        ),
        vetoes={one.product: one.vetoed for one in seen.standings if one.vetoed},
        verdicts=tuple(_judged(finding, reasons) for finding in service.findings),
    )


def _judged(finding: Finding, reasons: dict[str, str]) -> Judged:
    return Judged(
        id=finding.id,
        title=finding.title,
        severity=finding.severity.value,
        state=finding.state.value,
        evidence=finding.evidence,
        why=reasons.get(finding.id, ""),
        remediation=finding.remediation,
    )


def lines(one: Explanation) -> Iterator[str]:
    """The explanation as text; whatever comes from the target went through `safe_text`."""
    host = f"[{one.host}]" if ":" in one.host else one.host
    name = f" ({safe_text(one.name, 80)})" if one.name else ""
    yield f"{one.scheme or 'no HTTP'} at {host}:{one.port}{safe_text(one.base_path, 80)}{name}"
    yield f"  product   {_product(one)}"
    yield f"  version   {safe_text(one.version or 'unknown', 80)}{_of(one.version_source)}"
    yield f"  auth      {one.auth}"
    yield f"  models    {_models(one.models)}"
    yield from ("", f"Asked, {one.requests} requests")
    for ask in one.asks:
        key = " with key" if ask.with_key else ""
        cost = f"{ask.size} bytes, {ask.seconds:.3f} s"
        yield f"  {ask.status or ask.outcome}  {safe_text(ask.request, 120)}{key}  {cost}"
        if ask.excerpt:
            yield f"       {safe_text(ask.excerpt, 100)}"
    yield from ("", "Evidence")
    for candidate in one.products:
        yield f"  {candidate.product}  {candidate.score:.3f}  {candidate.role}"
        yield from (f"    {w.weight:+.2f}  {w.ask}: {w.why}" for w in candidate.evidence)
    if not one.products:
        yield "  nothing speaks for any known product"
    if one.vetoes:
        yield from ("", "Ruled out", *(f"  {product}: {why}" for product, why in one.vetoes.items()))
    if one.verdicts:
        yield from ("", "Verdicts")
    for verdict in one.verdicts:
        yield from _verdict(verdict)


def _product(one: Explanation) -> str:
    if one.conflict:
        return f"conflicting: {', '.join(one.conflict)}"
    layers = ", in front of ".join(f"{layer.product} ({layer.score:.2f})" for layer in one.stack)
    return f"{one.product or 'none named'}" + (f"; stack: {layers}" if layers else "")


def _of(source: str | None) -> str:
    return f", {safe_text(source, 200)}" if source else ""


def _models(models: tuple[ServedModel, ...] | None) -> str:
    if models is None:
        return "unknown"
    return ", ".join(safe_text(model.name, 80) for model in models) or "none"


def _verdict(verdict: Judged) -> Iterator[str]:
    failed = verdict.state == Verdict.FAIL
    yield f"  {verdict.state}  {verdict.id} ({verdict.severity}): {verdict.title}"
    yield from (f"    seen: {safe_text(proof, 300)}" for proof in verdict.evidence)
    if verdict.why:
        yield f"    why:  {verdict.why}"
    if failed and verdict.remediation:
        yield f"    fix:  {verdict.remediation}"
