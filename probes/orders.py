"""From the targets a person wrote to sweep orders: one per group, with its own zone, pace, doors and owners."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from hashlib import blake2b

import msgspec

from livebom.net.credentials import Header
from livebom.net.own import LOOPBACK
from livebom.net.ranges import Range, address_text
from livebom.net.scope import Scope
from livebom.net.targets import Group, Targets
from livebom.settings import Settings
from probes.engine.plan import Block
from probes.sources import Source
from probes.sweep import Door, Order

MOST_DOORS = 65_536
"""Named places of one group; each is held in memory, unlike the targets of a range."""


def orders_of(
    targets: Targets,
    settings: Settings,
    *,
    key: bytes,
    i_mean_it: bool = False,
    headers: tuple[Header, ...] = (),
    engine: str = "connect",
    shard: tuple[int, int] = (1, 1),
    own: Sequence[Range] = (),
    source: Source | None = None,
) -> tuple[list[Order], Scope]:
    """The orders, and the scope they all lie in; `headers` go with every ask.

    `own` are this host's addresses: unless the engine is `connect`, they make orders of their own, which connect. Of a
    shard only loopback does, and the order of its targets comes from what is looked at: so the same targets make the
    same shards on every host.

    Raises ScopeError where the scope is refused: then nothing may be sent.
    """
    never = settings.ports_never
    scope = targets.scope(ports_never=never, i_mean_it=i_mean_it)
    orders = []
    for group in targets.groups:
        alone = _only(targets, group).scope(ports_never=never, i_mean_it=True)
        if alone.blocks:
            order = _order(group, alone, settings, never, key)
            order = msgspec.structs.replace(order, headers=headers, engine=engine, shard=shard, source=source)
            if not order.whole:
                whole = digest_of(msgspec.structs.replace(order, shard=(1, 1)))
                order = msgspec.structs.replace(order, order_key=bytes.fromhex(whole))
            mine = own if order.whole else LOOPBACK
            orders += [order] if source or engine == "connect" else split(order, mine)
    return orders, scope


def split(order: Order, own: Sequence[Range]) -> list[Order]:
    """The order as one for this host's own addresses, which plain connects reach, and one for all the others.

    Each keeps what it does not share with the other; where all addresses are on one side, it is one order.
    """
    here, there = [], []
    for block in order.blocks:
        cut = [part for run in block.ranges for part in _cut(run, own)]
        here += [Block(ranges=(run,), ports=block.ports) for run, is_own in cut if is_own]
        there += [Block(ranges=(run,), ports=block.ports) for run, is_own in cut if not is_own]
    if not here or not there:
        return [order if there else msgspec.structs.replace(order, engine="connect")]
    mine = msgspec.structs.replace(order, blocks=tuple(here), engine="connect")
    return [mine, msgspec.structs.replace(order, blocks=tuple(there))]


def _cut(run: Range, own: Sequence[Range]) -> Iterator[tuple[Range, bool]]:
    """The run in pieces, each wholly within or wholly outside of our own addresses, in order."""
    at = run.first
    for mine in sorted((one for one in own if one.meets(run)), key=lambda one: one.first):
        first, last = max(mine.first, at), min(mine.last, run.last)
        if last < at:
            continue
        if at < first:
            yield Range(at, first - 1, run.family), False
        yield Range(first, last, run.family), True
        at = last + 1
    if at <= run.last:
        yield Range(at, run.last, run.family), False


def digest_of(order: Order) -> str:
    """Of what the order names and of which shard of it: two with the same one walk the same targets in the same way."""
    blocks = [([(run.first, run.last, run.family) for run in block.ranges], block.ports) for block in order.blocks]
    return blake2b(repr((order.zone, order.shard, blocks)).encode(), digest_size=16).hexdigest()


def _only(targets: Targets, group: Group) -> Targets:
    """The group by itself, still without what any group of its zone excludes."""
    shared = tuple(run for other in targets.groups if other.zone == group.zone for run in other.exclude)
    return Targets(groups=(msgspec.structs.replace(group, exclude=shared),), exclude=targets.exclude)


def _order(group: Group, scope: Scope, settings: Settings, never: Collection[int], key: bytes) -> Order:
    doors: dict[tuple[str, int], tuple[Door, ...]] = {}
    for place, door in _doors(group, never):
        if len(doors) >= MOST_DOORS:
            break
        doors[place] = tuple(dict.fromkeys((*doors.get(place, ()), door)))
    return Order(
        blocks=tuple(Block(ranges=block.ranges, ports=block.ports) for block in scope.blocks),
        doors=doors,
        zone=group.zone,
        exposure=partial(scope.exposure_of, zone=group.zone),
        allowed=partial(scope.allows, zone=group.zone),
        owner=group.owner_of,
        ptr=group.ptr,
        credential=group.credential_for,
        rate=min(settings.rate, group.pace or settings.rate),
        ports_never=settings.ports_never,
        timeout=settings.timeout,
        per_host_rate=settings.per_host_rate,
        per_net_rate=settings.per_net_rate,
        per_host=settings.per_host,
        concurrency=settings.concurrency,
        user_agent=settings.user_agent,
        key=key,
    )


def _doors(group: Group, never: Collection[int]) -> Iterator[tuple[tuple[str, int], Door]]:
    """Every named place, and the plain one beside it where its address is also listed as such."""
    special = [t for t in group.include if t.name or t.base_path or t.scheme]
    plain = [t for t in group.include if t not in special]
    for target in special:
        door = Door(name=target.name, base_path=target.base_path, scheme=target.scheme or "http")
        for run in target.ranges:
            for value in range(run.first, run.last + 1):
                ports = (target.port,) if target.port else group.ports
                for port in (p for p in ports if p not in never):
                    place = (address_text(value, run.family), port)
                    if any(
                        _holds(t.ranges, value, run.family) and port in ((t.port,) if t.port else group.ports)
                        for t in plain
                    ):
                        yield place, Door()
                    yield place, door


def _holds(ranges: tuple[Range, ...], value: int, family: int) -> bool:
    return any(run.family == family and run.first <= value <= run.last for run in ranges)
