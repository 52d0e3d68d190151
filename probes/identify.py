"""One conversation with a listener: knock, ask until it is known what answers; the wire is somebody else's."""

import re
from collections.abc import Callable, Generator
from datetime import datetime

import msgspec
from msgspec import Struct

from livebom.bom.observation import Listener, Outcome
from livebom.net.reply import Ask, Reply
from livebom.net.seal import OPEN, Seal
from livebom.recognise.asking import render
from livebom.recognise.catalog import CONTROL, Catalog, Kit
from livebom.recognise.judge import Ruling
from livebom.recognise.match import View
from livebom.recognise.plan import Budget, Inquiry

Asking = Generator[Ask, Reply, View]

_WANTS_TLS = re.compile(r"https|\bssl\b|\btls\b", re.IGNORECASE)


class Exchange(Struct, frozen=True):
    """One ask as it was sent and what came of it."""

    at: datetime
    ask: Ask
    reply: Reply
    sensitive: bool
    keyed: bool = False
    """Whether it went with a credential, which the ask kept here does not hold."""


class Conversation:
    """The state of one conversation: how the listener is spoken to, and everything said so far."""

    def __init__(
        self,
        catalog: Catalog,
        listener: Listener,
        *,
        nonce: str,
        now: Callable[[], datetime],
        budget: Budget | None = None,
        seal: Seal = OPEN,
    ) -> None:
        """Begin; nothing is sent until a generator of this module or of `probes.inspect` is driven."""
        self.now = now
        self.catalog = catalog
        self.listener = listener
        self.inquiry = Inquiry(catalog, listener.port, nonce, budget)
        self.scheme = listener.hints.get("scheme", "http")
        self.seal = seal
        self.said: list[Exchange] = []
        self.speaks_http = False
        """Whether an HTTP request was sent; one that greeted us in another protocol is asked nothing in HTTP."""

    @property
    def budget_left(self) -> int:
        """How many requests may still be sent."""
        return self.inquiry.budget.total - self.inquiry.sent

    def send(self, kit: Kit, name: str) -> Asking:
        """Send one of the kit's asks and take its reply in."""
        view = yield from self._exchange(self.inquiry.render(kit, name), sensitive=kit.asks[name].sensitive)
        self.inquiry.note(kit, name, view)
        return view

    def send_for(self, kit: Kit, name: str, model: str) -> Asking:
        """Send an ask that goes out once per model; its reply is the caller's."""
        ask = render(name, kit.asks[name], nonce=self.inquiry.nonce, model=model)
        return (yield from self._exchange(ask, sensitive=kit.asks[name].sensitive))

    def _exchange(self, ask: Ask, *, sensitive: bool) -> Asking:
        sent = ask
        if ask.scheme != "tcp":
            sent = msgspec.structs.replace(ask, scheme=self.scheme, path=self.listener.base_path + ask.path)
        self.inquiry.sent += 1
        at = self.now()
        seal = self.seal
        reply = seal.clean((yield seal.put(sent)))
        self.said.append(Exchange(at, sent, reply, sensitive or seal.elusive, seal.keyed))
        return View(reply)


def identify(talk: Conversation) -> Generator[Ask, Reply, Ruling]:
    """Ask until it is known what answers, nothing more is worth asking, or the budget is used up."""
    for greeting in talk.inquiry.greetings():
        yield from talk.send(*greeting)
        if (ruling := talk.inquiry.ruling()).stack:
            return ruling
    knocked = yield from _knock(talk)
    if knocked.answered:
        while (step := talk.inquiry.next()) is not None:
            view = yield from talk.send(*step)
            if view.reply.outcome is Outcome.GAVE_UP or (_dawdles(talk.said[-1]) and not talk.inquiry.likely):
                break
    return talk.inquiry.ruling()


def _dawdles(exchange: Exchange) -> bool:
    """Whether the peer used up the ask's whole time; a stranger that does is not worth a second wait."""
    reply = exchange.reply
    return reply.outcome is Outcome.TIMEOUT or (reply.truncated and len(reply.body) < exchange.ask.cap)


def _knock(talk: Conversation) -> Asking:
    """The random path first, so that a catch-all is known; over TLS where the plain answer says so."""
    kit = talk.catalog.kits[0]
    talk.speaks_http = True
    plain = yield from talk.send(kit, CONTROL)
    if talk.scheme == "https" or not _asks_for_tls(plain.reply):
        return plain
    talk.scheme = "https"
    secured = yield from talk.send(kit, CONTROL)
    if secured.answered:
        return secured
    talk.scheme = "http"
    talk.inquiry.note(kit, CONTROL, plain)
    return plain


def _asks_for_tls(reply: Reply) -> bool:
    """A TLS alert (RFC 8446 §5.1: content type 21), a 400 that speaks of TLS, or a peer that hangs up on plain HTTP."""
    if reply.outcome is Outcome.CLOSED or reply.banner[:2] == b"\x15\x03":
        return True
    return reply.status == 400 and _WANTS_TLS.search(reply.body[:4096].decode("utf-8", "replace")) is not None
