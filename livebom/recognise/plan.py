"""Which ask comes next: few requests, the telling ones first, and none that the product could mind."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from msgspec import Struct

from livebom.net.reply import Ask
from livebom.recognise.asking import Signature, render
from livebom.recognise.catalog import CONTROL, Catalog, Kit
from livebom.recognise.judge import DECIDED, Ruling, Standing, rule, stand
from livebom.recognise.match import View
from livebom.recognise.read import named_by
from livebom.recognise.rules import NOT_AI, AskRule

SUSPECTED = 0.2
"""Score from which a product may be there: its own asks are worth sending, and what it minds is not sent."""
LIKELY = 0.4
"""Score from which a listener may cost the whole budget of identification."""
ON_ITS_PORT = 0.3
"""What a product's own port adds to its promise; less by 0.02 for each port that comes before it in its list."""


class Budget(Struct, frozen=True, kw_only=True):
    """How many requests one listener may cost (design: one host's journey)."""

    identify: int = 8
    stranger: int = 6
    """For a web server that is none of ours."""
    unnamed: int = 4
    """The same on a port that no fingerprint names."""
    total: int = 24


class Inquiry:
    """What is known of one listener so far, and what to ask next. It sends nothing itself."""

    def __init__(self, catalog: Catalog, port: int, nonce: str, budget: Budget | None = None) -> None:
        """Begin with nothing known; `nonce` makes the random path, different in every sweep."""
        self.catalog = catalog
        self.nonce = nonce
        self.budget = budget or Budget()
        self.sent = 0
        self._port = port
        self._prior = {product: ON_ITS_PORT - 0.02 * rank for product, rank in catalog.at_port(port).items()}
        self._views: dict[Signature, View] = {}
        self._standings: dict[str, Standing] = {}
        """Of the products that some reply tells anything about."""

    def note(self, kit: Kit, name: str, view: View) -> None:
        """Take in the reply to an ask and weigh anew the products for or against which it may speak."""
        signature = kit.signatures[name]
        self._views[signature] = view
        for user in self.catalog.prefilter.owners(signature, view):
            self._standings.setdefault(user.product, self.standing(user.product))
        # Once touched, a product is weighed again with every reply: the random path may take back what it said.
        for product in self._standings:
            user = self.catalog.products[product]
            if signature in user.requests:
                self._standings[product] = stand(user, self.replies(user))

    def replies(self, kit: Kit) -> dict[str, View]:
        """The replies so far, by the names the kit's rules use."""
        views = self._views
        return {name: views[signature] for name, signature in kit.signatures.items() if signature in views}

    def standing(self, product: str) -> Standing:
        """How a product stands so far."""
        kit = self.catalog.products[product]
        return self._standings.get(product) or Standing(product=product, role=kit.fingerprint.role, score=0.0)

    def ruling(self) -> Ruling:
        """Who is there, by what is known so far."""
        return rule(self.catalog, self._standings)

    def render(self, kit: Kit, name: str) -> Ask:
        """The request behind an ask's name."""
        return render(name, kit.asks[name], nonce=self.nonce, replies=self.replies(kit))

    def greetings(self) -> list[tuple[Kit, str]]:
        """What to say first on a port where products that speak no HTTP usually are: HTTP would alarm them."""
        kits = [kit for kit in self.catalog.kits if kit.product in self._prior and kit.product in self.catalog.wanted]
        return [(kit, name) for kit in kits for name in kit.greetings if self._is_here(kit.asks[name])]

    def next(self) -> tuple[Kit, str] | None:
        """The ask that tells most, or None where enough is known or the budget is used up."""
        if self.sent >= self._allowance():
            return None
        kit, name = next(self._candidates(), (None, ""))
        return (kit, name) if kit is not None else None

    def may_send(self, kit: Kit, name: str) -> bool:
        """Whether the request was not sent yet, its precondition is met and nobody suspected here minds it."""
        signature = kit.signatures.get(name)
        if signature is None or signature in self._views:
            return False
        ask = kit.asks[name]
        return self._is_here(ask) and self._is_due(ask, kit) and not self._is_minded(signature[0], signature[1])

    def models_for(self, kit: Kit, name: str, served: Iterable[str]) -> list[str]:
        """Which of these models an ask that goes out once per model may be sent for."""
        rule_ = kit.asks[name]
        if not self._is_due(rule_, kit):
            return []
        wanted = list(served)
        if rule_.only_for is not None:
            known = named_by(rule_.only_for, self.replies(kit))
            wanted = [model for model in wanted if model in known]
        asks = {model: render(name, rule_, nonce=self.nonce, model=model) for model in wanted[: rule_.most]}
        return [model for model, ask in asks.items() if not self._is_minded(ask.method, ask.path)]

    def _is_here(self, ask: AskRule) -> bool:
        return not ask.ports or self._port in ask.ports

    def _is_due(self, ask: AskRule, kit: Kit) -> bool:
        """Whether the ask that must succeed before this one did."""
        if ask.after is None:
            return True
        before = self._views.get(kit.signatures[ask.after])
        return before is not None and before.success

    def _is_minded(self, method: str, path: str) -> bool:
        return any(self._minds(one.product) for one in self.catalog.forbidden(method, path))

    def _minds(self, product: str) -> bool:
        """Whether the product may be here: something speaks for it, or it is its port and it was not asked yet."""
        kit = self.catalog.products.get(product)
        if kit is None or self.standing(product).score >= SUSPECTED:
            return True  # `any`, or a product that could not be told if it were here
        if product not in self._prior or self.standing(product).vetoed:
            return False
        return any(kit.signatures[name] not in self._views for name in kit.blind)

    @property
    def likely(self) -> bool:
        """Whether some AI product is probably here."""
        return any(s.score >= LIKELY and s.role not in NOT_AI for s in self._standings.values())

    def _allowance(self) -> int:
        if self.likely:
            return self.budget.identify
        return self.budget.stranger if self._prior else self.budget.unnamed

    def _candidates(self) -> Iterator[tuple[Kit, str]]:
        if not self.catalog.kits:
            return
        some = self.catalog.kits[0]
        if self.may_send(some, CONTROL):
            yield some, CONTROL
            return
        ranked = self._ranked()
        suspected = [kit for kit in ranked if self.standing(kit.product).score >= SUSPECTED]
        yield from ((kit, name) for kit in suspected for name in self._open(kit, kit.identifying))
        yield from ((some, name) for name in self.catalog.shared.asks if self.may_send(some, name))
        if not any(self._decided(kit) for kit in ranked if kit.fingerprint.role not in NOT_AI):
            # In rounds, so that the second ask of one product does not use up what the first of another needs.
            for asks in zip_longest(*(self._open(kit, kit.blind) for kit in ranked)):
                yield from ((kit, name) for kit, name in zip(ranked, asks, strict=True) if name is not None)

    def _open(self, kit: Kit, names: list[str]) -> list[str]:
        """Which of these asks may be sent; of a product that is decided none need be."""
        return [] if self._decided(kit) else [name for name in names if self.may_send(kit, name)]

    def _ranked(self) -> list[Kit]:
        """The products that may be there, the most promising first."""
        promise = {}
        for product in (self._prior.keys() | self._standings.keys()) & self.catalog.wanted:
            standing = self.standing(product)
            if not standing.vetoed:
                promise[product] = standing.score + self._prior.get(product, 0.0)
        ranked = sorted((one for one in promise if promise[one] > 0), key=lambda one: (-promise[one], one))
        return [self.catalog.products[product] for product in ranked]

    def _decided(self, kit: Kit) -> bool:
        """Enough is known: a high score, from at least two marks that speak for it."""
        standing = self.standing(kit.product)
        return standing.score >= DECIDED and sum(w.weight > 0 for w in standing.evidence) > 1
