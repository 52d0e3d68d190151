"""Who is who: ids made from natural keys, alias sets with one canonical part, and the keys of the runtime surface."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID, uuid5

from livebom.bom.parts import Alias, EdgeKind, PartKind

NAMESPACE = UUID("6f3f6d0e-3c0b-5b7e-9a5d-1d2f0c6e8b41")
"""The UUIDv5 namespace of livebom (RFC 9562 §5.5); it may never change, because every id comes from it."""


def part_id(kind: PartKind, key: str) -> UUID:
    """The id of the part of that kind and natural key; the same everywhere, so merges need no coordination.

    Half surrogate pairs, which a target's JSON can hold and UTF-8 cannot, count as `?`, as they are stored.
    """
    whole = key if key.isascii() else key.encode("utf-8", "replace").decode()
    return uuid5(NAMESPACE, f"{kind}\x1f{whole}")


def edge_id(kind: EdgeKind, source: UUID, destination: UUID) -> UUID:
    """The id of an edge, made from what it joins."""
    return uuid5(NAMESPACE, f"{source}\x1f{kind}\x1f{destination}")


def alias(kind: PartKind, key: str, other: str, source: str) -> Alias:
    """The row that says `other` names the same part as `key`."""
    return Alias(id=part_id(kind, key), same_as=part_id(kind, other), kind=kind, key=other, source=source)


def canonical(aliases: Iterable[Alias]) -> dict[UUID, UUID]:
    """Each id that stands in an alias row, mapped to the smallest id of its set.

    Union-find with the smallest id as root, so the answer does not depend on the order of the rows; taking a row away
    and calling again undoes that merge.
    """
    root: dict[UUID, UUID] = {}

    def find(one: UUID) -> UUID:
        root.setdefault(one, one)
        top = one
        while root[top] != top:
            top = root[top]
        while root[one] != top:
            root[one], one = top, root[one]
        return top

    for row in aliases:
        low, high = sorted((find(row.id), find(row.same_as)))
        root[high] = low
    return {one: find(one) for one in root}


def host_key(zone: str, host: str) -> str:
    """The key of a host known only from the network: addresses are unique within a zone, not beyond."""
    return f"{zone}/{host}"


def served_key(server: str, name: str) -> str:
    """The key of a model known only by the name its server gives it."""
    return f"served:{server}/{name}"


def finding_key(rule: str, subject: str) -> str:
    """The key of a finding: the rule, and the key of the part it is about."""
    return f"{rule}@{subject}"


def server_key(zone: str, host: str, product: str, port: int | None = None) -> str:
    """The key of a server known only from the network: host and product, and a port where there are several."""
    return f"{zone}/{host}/{product}" + (f"#{port}" if port is not None else "")


def model_alias(product: str, name: str, path: str | None) -> str | None:
    """A model's second key, where its server's word names a registry: `ollama:host/ns/name:tag` or `hf:ns/name`.

    Ollama's short names stand for `registry.ollama.ai/library` (upstream: docs of the model file, "name"). A Hugging
    Face id is taken only from a path-less `ns/name`, as vLLM's `root` and TGI's `model_id` give it.
    """
    if product == "ollama":
        parts = name.lower().split("/")
        if len(parts) > 2:
            registry = parts[0]
            return f"{'hf' if registry in {'hf.co', 'huggingface.co'} else 'ollama:' + registry}:" + "/".join(parts[1:])
        return "ollama:registry.ollama.ai/" + "/".join(["library", *parts][-2:])
    if product in {"vllm", "tgi", "sglang"}:
        root = path or name
        if root.count("/") == 1 and not root.startswith(("/", ".", "~")):
            return f"hf:{root.lower()}"
    return None


Serving = tuple[str | None, frozenset[str] | None]
"""What tells two servers of one product on one host apart: version, and the set of models served (None: not known)."""


def _alike(one: Serving, other: Serving) -> bool:
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def assign(
    listeners: Mapping[str, tuple[str, str, str, int, Serving]],
    known: Mapping[str, str],
    known_serving: Mapping[str, Serving],
) -> dict[str, str]:
    """Say which server each listener belongs to, so that a workload keeps its key whatever ports it answers on.

    `listeners` maps a listener's key to (zone, host, product, port, serving); `known` maps listener keys to server keys
    of earlier looks, `known_serving` those servers to what they served. A listener stays with its server; a new one
    joins a server of the same host and product unless what they serve proves them apart; else it founds a server,
    whose key carries the port only where the plain key is taken. Returns listener key to server key.
    """
    answer: dict[str, str] = {}
    serving = dict(known_serving)
    alike: defaultdict[str, set[str]] = defaultdict(set)
    for one in serving:
        _group(alike, one)
    ordered = sorted(listeners.items(), key=lambda item: (item[0] not in known, item[1][3], item[0]))
    for key, (zone, host, product, port, now) in ordered:
        plain = server_key(zone, host, product)
        mine = sorted(alike[plain])
        stays = known.get(key)
        if stays in mine:
            server = stays
        else:
            server = next((one for one in mine if _alike(serving[one], now)), None) or (
                plain if plain not in mine else server_key(zone, host, product, port)
            )
        answer[key] = server
        _group(alike, server)
        serving[server] = _joined(serving.get(server), now, fresh=stays == server)
    return answer


def _group(alike: defaultdict[str, set[str]], server: str) -> None:
    """Put a server's key with those that begin alike: with itself, and with what stands before each port in it."""
    alike[server].add(server)
    for at, letter in enumerate(server):
        if letter == "#":
            alike[server[:at]].add(server)


def _joined(before: Serving | None, now: Serving, *, fresh: bool) -> Serving:
    """What a server is known to serve after one more of its listeners spoke; a fresh word replaces an old one."""
    if before is None or fresh:
        return now
    return (before[0] or now[0], before[1] if before[1] is not None else now[1])
