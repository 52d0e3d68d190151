"""Which ask comes next: few requests, the telling ones first, and none that the product could mind."""

from collections.abc import Iterator

from msgspec import Struct

from livebom.net.reply import Ask
from livebom.recognise.catalog import CONTROL, Catalog, Kit, Signature, render
from livebom.recognise.judge import DECIDED, NAMED, Ruling, Standing, rule, stand
from livebom.recognise.match import View

SUSPECTED = 0.2
"""Score from which a product may be there: its own asks are worth sending, and what it minds is not sent."""
ON_ITS_PORT = 0.3
"""What a product's own port adds to its promise; less by 0.02 for each port that comes before it in its list."""

_NOT_AI = frozenset({"proxy", "web"})


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
        self._prior = {product: ON_ITS_PORT - 0.02 * rank for product, rank in catalog.at_port(port).items()}
        self._views: dict[Signature, View] = {}
        self._standings: dict[str, Standing] = {}

    def note(self, kit: Kit, name: str, view: View) -> None:
        """Take in the reply to an ask and weigh anew the products that look at it."""
        signature = kit.signatures[name]
        self._views[signature] = view
        for user in self.catalog.users[signature]:
            self._standings[user.product] = stand(user, self.replies(user))

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

    def next(self) -> tuple[Kit, str] | None:
        """The ask that tells most, or None where enough is known or the budget is used up."""
        if self.sent >= self._allowance():
            return None
        kit, name = next(self._candidates(), (None, ""))
        return (kit, name) if kit is not None else None

    def may_send(self, kit: Kit, name: str) -> bool:
        """Whether the request was not sent yet, its precondition is met and nobody suspected here minds it."""
        rule_ = kit.asks[name]
        signature = kit.signatures.get(name)
        if signature is None or signature in self._views:
            return False
        if rule_.after is not None:
            before = self._views.get(kit.signatures[rule_.after])
            if before is None or not before.success:
                return False
        return not any(self._minds(rule.product) for rule in self.catalog.forbidden(signature[0], signature[1]))

    def _minds(self, product: str) -> bool:
        return product == "any" or self.standing(product).score >= SUSPECTED

    def _allowance(self) -> int:
        if any(s.score >= SUSPECTED and s.role not in _NOT_AI for s in self._standings.values()):
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
        yield from self._of([kit for kit, promise in ranked if self.standing(kit.product).score >= NAMED])
        suspected = [kit for kit, promise in ranked if self.standing(kit.product).score >= SUSPECTED]
        yield from self._of(suspected)
        yield from ((some, name) for name in self.catalog.shared.asks if self.may_send(some, name))
        if not any(self._decided(kit) for kit, promise in ranked):
            yield from self._of([kit for kit, promise in ranked if promise > 0])

    def _of(self, kits: list[Kit]) -> Iterator[tuple[Kit, str]]:
        """The open asks of these kits, but of a kit that is decided none."""
        for kit in kits:
            if not self._decided(kit):
                yield from ((kit, name) for name in kit.identifying if self.may_send(kit, name))

    def _ranked(self) -> list[tuple[Kit, float]]:
        wanted = [kit for kit in self.catalog.kits if kit.product in self.catalog.wanted]
        live = [kit for kit in wanted if not self.standing(kit.product).vetoed]
        promise = {kit.product: self.standing(kit.product).score + self._prior.get(kit.product, 0.0) for kit in live}
        return sorted(
            ((kit, promise[kit.product]) for kit in live if promise[kit.product] > 0),
            key=lambda pair: (-pair[1], pair[0].product),
        )

    def _decided(self, kit: Kit) -> bool:
        """Enough is known: a high score, from at least two marks that speak for it."""
        standing = self.standing(kit.product)
        return standing.score >= DECIDED and sum(w.weight > 0 for w in standing.evidence) > 1
