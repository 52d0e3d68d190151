"""The second half of a conversation: what a known server serves and how it is set up; ends as a service record."""

import hashlib
from collections.abc import Callable, Generator, Iterable
from datetime import datetime
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from livebom.bom.cleaning import cleaned
from livebom.bom.observation import Evidence, Listener, Outcome
from livebom.bom.redact import redact
from livebom.bom.service import Auth, Finding, Layer, ServedModel, Service
from livebom.net.reply import Ask, Reply
from livebom.net.seal import OPEN, Seal
from livebom.recognise import read
from livebom.recognise.catalog import Catalog, Kit
from livebom.recognise.judge import Ruling, Standing
from livebom.recognise.match import View
from livebom.recognise.plan import Budget
from livebom.recognise.rules import NOT_AI
from livebom.recognise.verdict import verdicts
from probes import checks
from probes.identify import Conversation, Exchange, identify

CONTENT_CAP = 64 << 10
"""Bytes of a body that are kept as evidence."""

_OVERLAP = 4096
"""Bytes beyond them that are looked at, so that a secret that the end cuts is seen whole."""

_EXCERPT = 160

_CONTROLS = bytes({*range(9), *range(14, 27), *range(28, 32), 127})
"""What no text has more than a few of; without tab, line ends and escape."""


class Facts(Struct, frozen=True, kw_only=True):
    """What the named product's own rules read from the replies."""

    version: read.Version = read.Version()
    auth: Auth = Auth.UNKNOWN
    models: tuple[ServedModel, ...] | None = None
    models_source: str | None = None
    findings: tuple[Finding, ...] = ()


class Seen(Struct, frozen=True, kw_only=True):
    """One listener after its conversation."""

    listener: Listener
    service: Service
    said: tuple[Exchange, ...]
    content: dict[str, bytes]
    """Bodies behind the service's evidence by SHA-256, secrets replaced."""
    standings: tuple[Standing, ...] = ()
    """Every product that anything speaks for or rules out, the most likely first."""


def unreadable(listener: Listener, at: datetime) -> Seen:
    """A listener whose bytes ended our own conversation: it is open, and no more can be said."""
    service = Service(
        host=listener.host,
        port=listener.port,
        zone=listener.zone,
        name=listener.name,
        base_path=listener.base_path,
        outcome=Outcome.UNREADABLE,
        at=at,
    )
    return Seen(listener=listener, service=service, said=(), content={})


def examine(
    catalog: Catalog,
    listener: Listener,
    *,
    nonce: str,
    exposure: str,
    key: bytes,
    now: Callable[[], datetime],
    budget: Budget | None = None,
    seal: Seal = OPEN,
) -> Generator[Ask, Reply, Seen]:
    """The whole conversation with one listener.

    `key` keys the hashes that stand for secrets; `now` tells UTC; `seal` puts headers on every ask. With a credential
    among them nothing is asked for checks, whose verdicts are a stranger's.
    """
    talk = Conversation(catalog, listener, nonce=nonce, now=now, budget=budget, seal=seal)
    ruling = yield from identify(talk)
    facts = Facts()
    subject = ruling.product or next((s.product for s in ruling.stack if s.role == "database"), None)
    if subject in catalog.wanted:
        facts = yield from inspect(talk, catalog.products[subject], exposure)
    said = [replace(one, ask=replace(one.ask, path=_shown(one.ask.path))) for one in talk.said]
    evidence, content = _evidence(said, key)
    return Seen(
        listener=listener,
        service=_without_secrets(_service(talk, ruling, facts, evidence)),
        said=tuple(said),
        content=content,
        standings=cleaned(_standings(talk)),
    )


def inspect(talk: Conversation, kit: Kit, exposure: str) -> Generator[Ask, Reply, Facts]:
    """Ask what the product's version, model, authentication and check rules look at, within the budget."""
    inquiry = talk.inquiry
    yield from _send_all(talk, kit, kit.naming)
    for name in kit.dating:
        if read.version(kit, inquiry.replies(kit)).source is None:
            yield from _send_all(talk, kit, [name])
    each: dict[str, dict[str, View]] = {}
    for name in kit.per_model:
        served = read.models(kit, inquiry.replies(kit), each) or ()
        left = max(0, talk.budget_left - len(kit.closing))
        for model in inquiry.models_for(kit, name, [one.name for one in served])[:left]:
            each.setdefault(name, {})[model] = yield from talk.send_for(kit, name, model)
    if not talk.seal.keyed:
        yield from _send_all(talk, kit, kit.checking)
    for name in kit.closing:
        # Without a session id in its header there is nothing to close.
        if inquiry.may_send(kit, name) and len(inquiry.render(kit, name).headers) == len(kit.asks[name].headers):
            yield from talk.send(kit, name)
    replies = inquiry.replies(kit)
    return Facts(
        version=read.version(kit, replies),
        auth=read.auth(kit, replies),
        models=read.models(kit, replies, each),
        models_source=read.models_source(kit, replies),
        findings=()
        if talk.seal.keyed
        else verdicts(kit, replies, exposure, each, checks.known(), fronted=_fronted(talk, kit)),
    )


def _fronted(talk: Conversation, kit: Kit) -> bool:
    """Whether another AI layer answers in front of the product."""
    layers = talk.inquiry.ruling().stack
    return any(layer.product != kit.product and layer.role not in NOT_AI for layer in layers)


def _send_all(talk: Conversation, kit: Kit, names: Iterable[str]) -> Generator[Ask, Reply, None]:
    for name in names:
        if not talk.speaks_http and kit.asks[name].safe_raw is None:
            continue
        if talk.budget_left > len(kit.closing) and talk.inquiry.may_send(kit, name):
            view = yield from talk.send(kit, name)
            if view.reply.outcome is Outcome.GAVE_UP:
                return


def _service(talk: Conversation, ruling: Ruling, facts: Facts, evidence: tuple[Evidence, ...]) -> Service:
    listener, replies = talk.listener, [exchange.reply for exchange in talk.said]
    answered = any(reply.status is not None for reply in replies)
    whole = any(reply.status is not None and reply.outcome is Outcome.OK for reply in replies)
    return Service(
        host=listener.host,
        port=listener.port,
        zone=listener.zone,
        name=listener.name,
        base_path=listener.base_path,
        scheme=talk.scheme if answered else None,
        product=ruling.product,
        version=facts.version.value,
        version_source=facts.version.source,
        score=max((s.score for s in ruling.stack if s.product == ruling.product), default=0.0),
        stack=tuple(_layer(standing) for standing in ruling.stack),
        auth=facts.auth,
        models=facts.models,
        models_source=facts.models_source,
        findings=facts.findings,
        tls=next((reply.tls for reply in reversed(replies) if reply.tls), None),
        requests=talk.inquiry.sent,
        outcome=Outcome.OK if whole or ruling.stack else _failure(talk.said),
        conflict=ruling.conflict,
        at=talk.now(),
        proof=evidence,
    )


def _failure(said: list[Exchange]) -> Outcome:
    """Why there is no answer; of one that hung up on plain HTTP, what it answered to TLS says more."""
    secured = (one.reply.outcome for one in said if one.ask.scheme == "https")
    told = (Outcome.TLS_ERROR, Outcome.PROTOCOL_ERROR)
    return next((outcome for outcome in secured if outcome in told), said[0].reply.outcome)


def _without_secrets(service: Service) -> Service:
    """What the target said goes through the wall; places and our own words (titles, remedies) do not."""
    said = ("version", "version_source", "stack", "models", "models_source", "tls", "proof")
    findings = tuple(replace(one, evidence=cleaned(one.evidence)) for one in service.findings)
    return replace(service, findings=findings, **{name: cleaned(getattr(service, name)) for name in said})


def _shown(path: str) -> str:
    """A path as it was sent, or without the secret that a name from the target put into it."""
    plain = unquote(path)
    return path if cleaned(plain) == plain else cleaned(plain)


def _standings(talk: Conversation) -> tuple[Standing, ...]:
    known = [talk.inquiry.standing(product) for product in talk.catalog.products]
    telling = [one for one in known if one.evidence or one.vetoed]
    return tuple(sorted(telling, key=lambda one: (-one.score, one.product)))


def _layer(standing: Standing) -> Layer:
    return Layer(
        product=standing.product,
        role=standing.role,
        score=standing.score,
        evidence=tuple(str(one) for one in standing.evidence),
    )


def _evidence(said: list[Exchange], key: bytes) -> tuple[tuple[Evidence, ...], dict[str, bytes]]:
    evidence, content = [], {}
    for exchange in said:
        reply = exchange.reply
        what = f"{exchange.ask.line}{' with key' if exchange.keyed else ''} -> {reply.ending(exchange.ask.method)}"
        raw = reply.body[: CONTENT_CAP + _OVERLAP] or reply.banner
        if exchange.sensitive or not raw or _opaque(raw):
            evidence.append(Evidence(what=what))
            continue
        text = redact(raw.decode("utf-8", "surrogateescape"), key)[:CONTENT_CAP]
        kept = text.encode("utf-8", "surrogateescape")
        digest = hashlib.sha256(kept).hexdigest()
        content[digest] = kept
        excerpt = text[:_EXCERPT].encode("utf-8", "replace").decode()
        evidence.append(Evidence(what=what, digest=digest, excerpt=excerpt))
    return tuple(evidence), content


def _opaque(raw: bytes) -> bool:
    """Whether it is packed, encoded or written so that no secret in it could be seen."""
    return len(raw) - len(raw.translate(None, _CONTROLS)) > len(raw) // 64
