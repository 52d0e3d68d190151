"""What runs against the lists of a policy: each rule looks through a whole state and yields what no list allows."""

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from uuid import UUID

from msgspec import Struct

from livebom.bom.document import Document
from livebom.bom.events.state import State
from livebom.bom.graph import name_of, value
from livebom.bom.identity import canonical
from livebom.bom.merge import resolve
from livebom.bom.owner import owners
from livebom.bom.parts import EdgeKind, Part, PartKind
from livebom.bom.policy import Allowed

E = EdgeKind
K = PartKind

_MODELS = (K.MODEL, K.MODEL_VERSION, K.ADAPTER)


class Rule(Struct, frozen=True):
    """What a rule of the policy is called when it is broken, and what is to be done then."""

    title: str
    remediation: str


RULES = {
    "policy.product": Rule(
        "The product is not on the list of allowed products", "Stop it, or add the product to allow.products."
    ),
    "policy.model": Rule("The model is not on the list of allowed models", "Stop it, or add it to allow.models."),
    "policy.placement": Rule(
        "The model may not be served from this host",
        "Move the model, or add a row with the model and the host to allow.placements.",
    ),
    "policy.image": Rule(
        "The image is not on the list of allowed images",
        "Deploy an allowed image, or add the digest to allow.images.",
    ),
    "policy.provider": Rule(
        "Data may not go to this provider", "Take the calls out, or add the provider's domain to allow.providers."
    ),
    "policy.grant": Rule(
        "The caller was not granted this tool",
        "Take the tool away, or add a row with the caller, the MCP server and the tool to allow.grants.",
    ),
}
"""The rules by name; each is asked only where its list stands in the policy."""


class Breach(Struct, frozen=True, kw_only=True):
    """A part, or a pair of parts, that no row allows."""

    rule: str
    part: Part
    """As in the resolved graph."""
    other: Part | None = None
    seen: tuple[str, ...] = ()
    """In words: what was compared with the list."""


class Estate:
    """A state in which one thing is one part, with all the words each part goes by."""

    def __init__(self, document: Document) -> None:
        """Resolve the document's aliases; the words of every part of a set are kept."""
        self.roots = canonical(document.aliases)
        graph = resolve(document.graph, self.roots)
        self.state = State(graph)
        self.owners = owners(graph)
        self.keys: dict[UUID, set[str]] = {}
        self.originals: dict[UUID, UUID] = {}
        """Canonical id to the smallest id among the document's own parts of that set."""
        for part in document.parts:
            top = self.roots.get(part.id, part.id)
            self.keys.setdefault(top, set()).add(part.key)
            self.originals[top] = min(part.id, self.originals.get(top, part.id))
        for row in document.aliases:
            self.keys.setdefault(self.roots[row.id], set()).add(row.key)

    def of(self, *kinds: PartKind) -> list[Part]:
        """The parts of these kinds, by kind and key."""
        return self.state.known(id_ for id_, part in self.state.parts.items() if part.kind in kinds)

    def called(self, part: Part, *attributes: str) -> set[str]:
        """What a policy may name it by: its keys, its name, and the values of these attributes."""
        words = {name_of(part), *self.keys.get(part.id, ()), part.key}
        return words | {text for name in attributes if isinstance(text := value(part, name), str) and text}

    def where(self, part: Part) -> tuple[str, ...]:
        """Keys of the listeners it is reached at: its own, else those of the servers that serve it or run on it."""
        leading = [part, *self.state.sources(part.id, E.SERVES, E.RUNS_ON)]
        found = {listener.key for one in leading for listener in self.state.ends(one.id, E.LISTENS_ON)}
        return tuple(sorted(found))

    def hosts(self, server: Part) -> list[Part]:
        """The hosts it runs on, also where a container or a process lies between."""
        found: dict[UUID, Part] = {}
        steps, seen = [server], {server.id}
        while steps:
            for under in self.state.ends(steps.pop().id, E.RUNS_ON):
                if under.kind is K.HOST:
                    found[under.id] = under
                elif under.id not in seen:
                    seen.add(under.id)
                    steps.append(under)
        return self.state.known(found)


def breaches(estate: Estate, allow: Allowed) -> Iterator[Breach]:
    """Everything that a list of the policy does not allow; a list that is left out allows everything."""
    if allow.products is not None:
        yield from _products(estate, allow.products)
    if allow.models is not None:
        yield from _models(estate, allow.models)
    if allow.placements is not None:
        rows = [(row.model, row.host) for row in allow.placements]
        yield from _placements(estate, lambda model, host: _pair(rows, model, host))
    if allow.images is not None:
        yield from _images(estate, allow.images)
    if allow.providers is not None:
        yield from _providers(estate, allow.providers)
    if allow.grants is not None:
        triples = [(row.agent, row.mcp_server, row.tool) for row in allow.grants]
        yield from _grants(estate, triples)


def fits(patterns: Iterable[str], words: Iterable[str]) -> bool:
    """Whether a pattern fits one of the words; of a thing without any word only `*` is true."""
    said = set(words) or {""}
    return any(fnmatchcase(word, pattern) for pattern in patterns for word in said)


def _products(estate: Estate, allowed: tuple[str, ...]) -> Iterator[Breach]:
    for server in estate.of(K.SERVER):
        product = value(server, "product")
        if isinstance(product, str) and product and not fits(allowed, [product]):
            yield Breach(rule="policy.product", part=server, seen=(f"product {product}",))


def _models(estate: Estate, allowed: tuple[str, ...]) -> Iterator[Breach]:
    """Models that are served or used; what a model was merely made from is not asked for."""
    for model in estate.of(*_MODELS):
        users = estate.state.sources(model.id, E.SERVES, E.USES_MODEL, E.EMBEDDED_BY, E.ROUTES_TO)
        owners = estate.state.sources(model.id, E.HAS_VERSION) if model.kind is K.MODEL_VERSION else []
        words = estate.called(model).union(*(estate.called(one) for one in owners))
        if users and not fits(allowed, words):
            yield Breach(rule="policy.model", part=model, seen=_by(users))


def _placements(estate: Estate, allowed: Callable[[set[str], set[str]], bool]) -> Iterator[Breach]:
    """Pairs of a model and a host it is served from; a server of no known host stands for it."""
    pairs: dict[tuple[UUID, UUID], tuple[Part, Part, set[str]]] = {}
    for server in estate.of(K.SERVER):
        models = [one for one in estate.state.ends(server.id, E.SERVES) if one.kind in _MODELS]
        places = [(host, estate.called(host, "host")) for host in estate.hosts(server)]
        address = value(server, "host")
        places = places or [(server, {address} if isinstance(address, str) and address else {""})]
        for model in models:
            pairs |= {(model.id, place.id): (model, place, words) for place, words in places}
    for model, place, words in pairs.values():
        if not allowed(estate.called(model), words):
            yield Breach(
                rule="policy.placement",
                part=model,
                other=place,
                seen=(f"served from {min(words) or 'an unknown host'}",),
            )


def _pair(rows: Iterable[tuple[str, str]], one: set[str], other: set[str]) -> bool:
    return any(fits([first], one) and fits([second], other) for first, second in rows)


def _images(estate: Estate, allowed: tuple[str, ...]) -> Iterator[Breach]:
    """What containers and servers run; a container whose image nobody tells is allowed by `*` only."""
    for part in estate.of(K.CONTAINER, K.SERVER):
        words = {text for name in ("image", "image_digest") if isinstance(text := value(part, name), str) and text}
        for image in estate.state.sources(part.id, E.DEPLOYED_AS):
            if image.kind is K.IMAGE:
                words |= estate.called(image, "digest", "reference")
        if (words or part.kind is K.CONTAINER) and not fits(allowed, words):
            yield Breach(rule="policy.image", part=part, seen=tuple(f"image {word}" for word in sorted(words)))


def _providers(estate: Estate, allowed: tuple[str, ...]) -> Iterator[Breach]:
    for provider in estate.of(K.API_PROVIDER):
        users = estate.state.sources(provider.id, E.CALLS_PROVIDER, E.SENDS_DATA_TO, E.ROUTES_TO)
        served = estate.state.ends(provider.id, E.SERVES)
        users += [one for model in served for one in estate.state.sources(model.id, E.USES_MODEL)]
        if users and not fits(allowed, estate.called(provider)):
            yield Breach(rule="policy.provider", part=provider, seen=_by(users))


def _grants(estate: Estate, rows: list[tuple[str, str, str]]) -> Iterator[Breach]:
    """Pairs of a caller and a tool; an MCP server whose tools nobody knows stands for them."""
    for caller, tool, servers in _calls(estate):
        agent = estate.called(caller)
        words = estate.called(tool) if tool.kind is not K.MCP_SERVER else {""}
        through = [estate.called(one) for one in servers] or [{""}]
        held = any(
            fits([row[0]], agent) and fits([row[1]], server) and fits([row[2]], words)
            for row in rows
            for server in through
        )
        if not held:
            seen = tuple(f"through {name_of(one)}" for one in servers if one.id != tool.id)
            yield Breach(rule="policy.grant", part=caller, other=tool, seen=seen)


def _calls(estate: Estate) -> Iterator[tuple[Part, Part, list[Part]]]:
    """Each caller with each tool it can call and the MCP servers the tool is exposed by."""
    state = estate.state
    for caller in estate.of(K.AGENT, K.MODEL, K.SERVER, K.ENDPOINT):
        tools = {tool.id: tool for tool in state.ends(caller.id, E.CAN_CALL)}
        for server in state.ends(caller.id, E.USES_MCP):
            exposed = state.ends(server.id, E.EXPOSES)
            tools |= {tool.id: tool for tool in exposed or [server]}
        for tool in state.known(tools):
            servers = [tool] if tool.kind is K.MCP_SERVER else state.sources(tool.id, E.EXPOSES)
            yield caller, tool, servers


def _by(users: Iterable[Part]) -> tuple[str, ...]:
    return tuple(sorted({f"by {user.kind.replace('_', ' ')} {name_of(user)}" for user in users}))
