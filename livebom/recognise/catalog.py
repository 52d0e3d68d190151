"""The catalogue: all fingerprints with their asks resolved, indexed for the road from a reply to a product."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

import msgspec

from livebom.net.reply import Ask
from livebom.recognise.match import View, pattern
from livebom.recognise.path import steps
from livebom.recognise.rules import AskRule, Condition, Fingerprint, Match, NeverRule, Shared

CONTROL = "random"
"""The shared ask to a path that cannot exist; what it answers, a catch-all answers to everything."""

ANY = "any"

Signature = tuple[str, str, tuple[tuple[str, str], ...], str]
"""Method, path, headers and body, slots unfilled."""

_SLOT = re.compile(r"\{(?:(model|nonce)|header:([a-z0-9_.-]+):([A-Za-z0-9-]+))\}")


class Kit:
    """One fingerprint with its asks in order, its own and the shared ones, by the name its rules use."""

    def __init__(self, fingerprint: Fingerprint, shared: Shared) -> None:
        """Resolve the fingerprint's ask names; raises ValueError for a rule that names no ask."""
        self.fingerprint = fingerprint
        self.asks: dict[str, AskRule] = {**shared.asks, **fingerprint.asks}
        self.own = list(fingerprint.asks)
        self._check()

    @property
    def product(self) -> str:
        """The product's name."""
        return self.fingerprint.product

    @cached_property
    def signatures(self) -> dict[str, Signature]:
        """Each ask's signature, by the name this kit's rules use; one request serves every product that asks it."""
        return {name: signature(name, rule) for name, rule in self.asks.items() if rule.each is None}

    @cached_property
    def identifying(self) -> list[str]:
        """Own asks that some mark or veto looks at, in the order written."""
        used = {rule.ask for rule in (*self.fingerprint.marks, *self.fingerprint.vetoes)}
        return [name for name in self.own if self.asks[name].phase == "identify" and name in used]

    @cached_property
    def naming(self) -> list[str]:
        """Asks that the version, model and authentication rules look at, without the per-model ones."""
        f = self.fingerprint
        used = {v.ask for v in f.version} | {m.ask for m in f.models} | {a.ask for a in f.auth}
        return [n for n, rule in self.asks.items() if n != CONTROL and rule.each is None and n in used]

    @cached_property
    def per_model(self) -> list[str]:
        """Asks sent once per model."""
        return [name for name in self.own if self.asks[name].each == "model"]

    @cached_property
    def checking(self) -> list[str]:
        """Asks that only checks look at."""
        clauses = [c for check in self.fingerprint.checks for c in (*check.fail, *check.pass_, *check.applies)]
        used = {condition.ask for clause in clauses for condition in clause.all}
        return [n for n in self.asks if n in used and n != CONTROL and self.asks[n].each is None]

    @cached_property
    def closing(self) -> list[str]:
        """Asks that end a session opened here."""
        return [n for n in self.own if (self.asks[n].safe_session or "").startswith("DELETE ")]

    def _check(self) -> None:
        f = self.fingerprint
        clauses = [c for check in f.checks for c in (*check.fail, *check.pass_, *check.applies)]
        conditions: list[Condition] = [*f.marks, *f.vetoes, *f.version, *f.auth]
        conditions += [condition for clause in clauses for condition in clause.all]
        names = [c.ask for c in conditions] + [m.ask for m in f.models] + [a.after for a in f.asks.values() if a.after]
        for name in names:
            if name not in self.asks and name != ANY:
                raise ValueError(
                    f"{f.product}: a rule names the ask {name!r}, which neither this file nor shared.yaml has"
                )
        for name, rule in f.asks.items():
            method_of(rule, f"{f.product}.{name}")
        matches: list[Match] = [*conditions, *[m.when for m in f.models if m.when]]
        for match in matches:
            _compile(match)


def _compile(match: Match) -> None:
    """Read every path and expression now, so that a bad one is an error of the catalogue and not of a sweep."""
    tests = [*match.header.values(), *match.json.values(), match.body]
    for path in match.json:
        steps(path)
    for test in tests:
        expression = getattr(test, "matches", None)
        if expression is not None:
            pattern(expression)


def method_of(rule: AskRule, name: str) -> tuple[str, str]:
    """The method and path of an ask; raises ValueError unless exactly one is declared."""
    ways = {
        "GET": rule.get,
        "HEAD": rule.head,
        "POST": rule.safe_post,
        "OPTIONS": rule.safe_options,
        "SESSION": rule.safe_session,
    }
    said = [(method, path) for method, path in ways.items() if path is not None]
    if len(said) != 1:
        raise ValueError(f"{name}: an ask has exactly one of get, head, safe_post, safe_options, safe_session")
    method, path = said[0]
    if method == "SESSION":
        method, _, path = path.partition(" ")
        if method not in {"POST", "DELETE"}:
            raise ValueError(f"{name}: safe_session is written `POST /path` or `DELETE /path`")
    if not path.startswith("/"):
        raise ValueError(f"{name}: the path must begin with a slash")
    return method, path


def signature(name: str, rule: AskRule) -> Signature:
    """What makes two asks of different fingerprints the same request; slots are compared unfilled."""
    method, path = method_of(rule, name)
    body = msgspec.json.encode(rule.json).decode() if rule.json is not None else ""
    return method, path, tuple(sorted((k.lower(), v) for k, v in rule.headers.items())), body


def render(name: str, rule: AskRule, *, nonce: str, model: str = "", replies: Mapping[str, View] | None = None) -> Ask:
    """The request an ask stands for, its slots `{model}`, `{nonce}` and `{header:ASK:NAME}` filled.

    In a path the model's name is percent-encoded; in a body it is a JSON string; a header with a line break is the
    client's to refuse.
    """
    method, path = method_of(rule, name)

    def fill(text: str) -> str:
        return _SLOT.sub(lambda m: _slot(m, nonce, model, replies or {}), text)

    body = msgspec.json.encode(_filled(rule.json, fill)) if rule.json is not None else b""
    headers = {key: fill(value) for key, value in rule.headers.items()}
    if body and not any(key.lower() == "content-type" for key in headers):
        headers["Content-Type"] = "application/json"
    path = path.replace("{model}", _quoted(model))
    return Ask(id=name, method=method, path=fill(path), headers=tuple(headers.items()), body=body, cap=rule.cap)


def _slot(match: re.Match[str], nonce: str, model: str, replies: Mapping[str, View]) -> str:
    if match[1]:
        return nonce if match[1] == "nonce" else model
    view = replies.get(match[2])
    return (view.reply.header(match[3]) or "") if view else ""


def _filled(value: object, fill: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, list):
        return [_filled(item, fill) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, fill) for key, item in value.items()}
    return value


def _quoted(model: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-._~:/") else _percent(c) for c in model)


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))


class Catalog:
    """All known products."""

    def __init__(
        self,
        fingerprints: Iterable[Fingerprint],
        shared: Shared,
        never: Iterable[NeverRule] = (),
        wanted: Iterable[str] | None = None,
    ) -> None:
        """Index the fingerprints; raises ValueError for rules, or a wanted product, that name what is not there.

        Products that are not wanted send nothing of their own, yet stay as rivals: what another product claims must
        not be named after the one that was looked for.
        """
        self.shared = shared
        self.never = list(never)
        self._forbidden: dict[tuple[str, str], list[NeverRule]] = {}
        self.kits = [Kit(one, shared) for one in sorted(fingerprints, key=lambda f: f.product)]
        unknown = sorted(set(wanted or ()) - self.products.keys())
        if unknown:
            raise ValueError(f"unknown server {', '.join(unknown)}; known: {', '.join(sorted(self.products))}")
        self.wanted = frozenset(self.products if wanted is None else wanted)

    @cached_property
    def products(self) -> dict[str, Kit]:
        """Kits by product."""
        return {kit.product: kit for kit in self.kits}

    @cached_property
    def ports(self) -> list[int]:
        """Every usual port of the wanted AI products, sorted: what is swept by default."""
        kits = [kit.fingerprint for kit in self.kits if kit.product in self.wanted]
        return sorted({port for f in kits if f.role not in {"proxy", "web"} for port in f.ports})

    @cached_property
    def users(self) -> dict[Signature, list[Kit]]:
        """Which kits look at the reply to a request that is the same for every target."""
        found: dict[Signature, list[Kit]] = {}
        for kit in self.kits:
            for signature in kit.signatures.values():
                found.setdefault(signature, []).append(kit)
        return found

    def forbidden(self, method: str, path: str) -> list[NeverRule]:
        """The rules that forbid this request, each where its product may be."""
        key = (method, path)
        if key not in self._forbidden:
            rules = [r for r in self.never if r.method == method and re.fullmatch(r.path, path)]
            self._forbidden[key] = rules
        return self._forbidden[key]

    def at_port(self, port: int) -> dict[str, int]:
        """Products that usually answer there, with the rank the port has in their list (0: their default)."""
        return {k.product: k.fingerprint.ports.index(port) for k in self.kits if port in k.fingerprint.ports}
