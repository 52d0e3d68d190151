"""The catalogue: all fingerprints with their asks resolved, indexed for the road from a reply to a product."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property

from livebom.recognise import engines
from livebom.recognise.asking import Signature, signature
from livebom.recognise.prefilter import Prefilter
from livebom.recognise.rules import NOT_AI, AskRule, Fingerprint, Match, NeverRule, Shared
from livebom.recognise.sound import ANY, check, clauses

CONTROL = "random"
"""The shared ask to a path that cannot exist; what it answers, a catch-all answers to everything."""

_KEPT = 4096
"""Requests whose prohibitions are remembered; paths may hold names that targets made up."""


class Kit:
    """One fingerprint with its asks in order, its own and the shared ones, by the name its rules use."""

    def __init__(self, fingerprint: Fingerprint, shared: Shared) -> None:
        """Resolve the fingerprint's ask names; raises ValueError for what the shape of the file cannot show."""
        self.fingerprint = fingerprint
        self.asks: dict[str, AskRule] = {**shared.asks, **fingerprint.asks}
        self.own = list(fingerprint.asks)
        if taken := sorted(fingerprint.asks.keys() & shared.asks.keys()):
            raise ValueError(f"{fingerprint.product}: shared.yaml already has an ask {', '.join(taken)}")
        check(fingerprint, self.asks)

    @property
    def product(self) -> str:
        """The product's name."""
        return self.fingerprint.product

    @cached_property
    def signatures(self) -> dict[str, Signature]:
        """Each ask's signature, by the name this kit's rules use; one request serves every product that asks it."""
        return {name: signature(name, rule) for name, rule in self.asks.items() if rule.each is None}

    @cached_property
    def requests(self) -> frozenset[Signature]:
        """The requests whose replies its rules look at."""
        return frozenset(self.signatures.values())

    @cached_property
    def identifying(self) -> list[str]:
        """Own asks that some mark or veto looks at, in the order written."""
        used = {rule.ask for rule in (*self.fingerprint.marks, *self.fingerprint.vetoes)}
        return [name for name in self.own if self.asks[name].phase == "identify" and name in used]

    @cached_property
    def naming(self) -> list[str]:
        """Asks that the model and authentication rules look at, without the per-model ones."""
        used = {m.ask for m in self.fingerprint.models} | {a.ask for a in self.fingerprint.auth}
        return [n for n, rule in self.asks.items() if n != CONTROL and rule.each is None and n in used]

    @cached_property
    def dating(self) -> list[str]:
        """Asks that the version rules look at, the most trusted first."""
        asked = dict.fromkeys(rule.ask for rule in self.fingerprint.version)
        return [name for name in asked if name not in (CONTROL, ANY) and self.asks[name].each is None]

    @cached_property
    def blind(self) -> list[str]:
        """Asks worth sending on the product's usual ports before anything speaks for it."""
        return [name for name in self.identifying if self.asks[name].blind]

    @cached_property
    def greetings(self) -> list[str]:
        """Asks of a protocol that is not HTTP, sent before anything else on the product's own ports."""
        return [name for name in self.identifying if self.asks[name].safe_raw is not None]

    @cached_property
    def per_model(self) -> list[str]:
        """Asks sent once per model."""
        return [name for name in self.own if self.asks[name].each == "model"]

    @cached_property
    def checking(self) -> list[str]:
        """Asks that only checks look at."""
        used = {condition.ask for clause in clauses(self.fingerprint) for condition in clause.all}
        return [n for n in self.asks if n in used and n != CONTROL and self.asks[n].each is None]

    @cached_property
    def closing(self) -> list[str]:
        """Asks that end a session opened here."""
        return [n for n in self.own if (self.asks[n].safe_session or "").startswith("DELETE ")]


class Catalog:
    """All known products."""

    def __init__(
        self,
        fingerprints: Iterable[Fingerprint],
        shared: Shared,
        never: Iterable[NeverRule] = (),
        wanted: Iterable[str] | None = None,
        engine: str | None = None,
    ) -> None:
        """Index the fingerprints; raises ValueError for rules, or a wanted product, that name what is not there.

        Products that are not wanted send nothing of their own, yet stay as rivals: what another product claims must
        not be named after the one that was looked for. `engine` is one of `engines.installed()`, by default the first.
        """
        self._engine = engine
        self.shared = shared
        self.never = list(never)
        self._forbidden: dict[tuple[str, str], list[NeverRule]] = {}
        self.kits = [Kit(one, shared) for one in sorted(fingerprints, key=lambda f: f.product)]
        unknown = sorted(set(wanted or ()) - self.products.keys())
        if unknown:
            near = [name for one in unknown for name in get_close_matches(one, self.products, 3)]
            hint = f"did you mean {', '.join(near)}?" if near else "`livebom catalog` lists them"
            raise ValueError(f"unknown server {', '.join(unknown)}; {hint}")
        self.wanted = frozenset(self.products if wanted is None else wanted)

    @cached_property
    def products(self) -> dict[str, Kit]:
        """Kits by product."""
        return {kit.product: kit for kit in self.kits}

    @cached_property
    def ports(self) -> list[int]:
        """Every usual port of the wanted AI products, sorted: what is swept by default."""
        kits = [kit.fingerprint for kit in self.kits if kit.product in self.wanted]
        return sorted({port for f in kits if f.role not in NOT_AI for port in f.ports})

    @cached_property
    def prefilter(self) -> Prefilter[Signature, Kit]:
        """Which kits have a mark or a veto that holds for a reply, by the request it replies to."""
        rules: dict[Signature, list[tuple[Kit, Match]]] = {}
        for kit in self.kits:
            for rule in (*kit.fingerprint.vetoes, *kit.fingerprint.marks):
                for request in kit.requests if rule.ask == ANY else kit.requests & {kit.signatures.get(rule.ask)}:
                    rules.setdefault(request, []).append((kit, rule))
        return Prefilter(rules, engines.engine(self._engine or engines.installed()[0]))

    def forbidden(self, method: str, path: str) -> list[NeverRule]:
        """The rules that forbid this request, each where its product may be."""
        key = (method, path)
        if key not in self._forbidden:
            if len(self._forbidden) >= _KEPT:
                self._forbidden.clear()
            rules = [r for r in self.never if r.method == method and re.fullmatch(r.path, path)]
            self._forbidden[key] = rules
        return self._forbidden[key]

    def at_port(self, port: int) -> dict[str, int]:
        """Products that usually answer there, with the rank the port has in their list (0: their default)."""
        return {k.product: k.fingerprint.ports.index(port) for k in self.kits if port in k.fingerprint.ports}
