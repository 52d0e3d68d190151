"""The surfaces that can be looked at: each takes its orders and yields what was seen."""

import os
from collections.abc import Callable, Collection, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from livebom.bom import document
from livebom.bom.observation import Observation
from livebom.bom.service import Service
from livebom.net.ranges import Family, Range, number_of
from livebom.recognise.catalog import Catalog
from livebom.recognise.rules import Fingerprint, Never, Shared
from livebom.settings import DataError, Problem, cache_folder, data_path, read, read_folder
from probes.engine.tally import Tally
from probes.found import listener_of
from probes.inspect import Seen
from probes.observe import listener_observation, server_observations
from probes.orders import digest_of, orders_of, split
from probes.sources import AUTO, EngineError, sources
from probes.sources.nmap_xml import Imported, NmapError, imported
from probes.sweep import Order, Progress, sweep

__all__ = [
    "AUTO",
    "EngineError",
    "Imported",
    "NmapError",
    "Order",
    "Progress",
    "Runtime",
    "Seen",
    "Stretch",
    "Tally",
    "digest_of",
    "imported",
    "listener_observation",
    "listener_of",
    "load_catalog",
    "orders_of",
    "placed",
    "runtime",
    "servers",
    "sources",
    "split",
]

SOURCE = "connect"


class Stretch(Struct, frozen=True, kw_only=True):
    """A run of neighbouring addresses that was asked for the same ports."""

    zone: str
    first: int
    last: int
    family: Family
    ports: tuple[int, ...]
    complete: bool

    @property
    def place(self) -> str:
        """Its addresses as text."""
        return str(Range(self.first, self.last, self.family))

    @property
    def told(self) -> document.Stretch:
        """The same as documents hold it."""
        first, last = (str(Range(end, end, self.family)) for end in (self.first, self.last))
        return document.Stretch(zone=self.zone, first=first, last=last, ports=self.ports, complete=self.complete)

    @property
    def size(self) -> int:
        """How many pairs of address and port."""
        return (self.last - self.first + 1) * len(self.ports)


class Runtime(Struct, kw_only=True):
    """What a look at the network came to."""

    tallies: list[Tally]
    coverage: list[Stretch]
    planned: int = 0
    """Targets of all orders."""
    requests: int = 0
    """Requests sent for all orders."""
    whole: bool = True
    """No order was a shard only."""
    paths: list[str] = []
    """In words, how open ports were looked for and why so, of each order that left it to us."""

    @property
    def complete(self) -> bool:
        """Whether every order was looked at whole; one shard of an order never is."""
        return self.whole and all(tally.complete for tally in self.tallies)


async def runtime(
    orders: Sequence[Order],
    catalog: Catalog,
    take: Callable[[Seen], None],
    progress: Progress,
    mark: Callable[[int, int, Tally], None] = lambda *_: None,
) -> Runtime:
    """Sweep the orders one after another; `take` gets each open listener as soon as it was talked to.

    `mark` is told now and then which order, up to which counter it is settled, and what it counted until there. An
    order that goes on begins with what was counted before.
    """
    look = Runtime(tallies=[], coverage=[])
    for number, order in enumerate(orders):
        progress.tally = replace(order.counted)
        tally = await sweep(order, catalog, take, progress, partial(mark, number))
        if order.engine == AUTO:
            look.paths.append(progress.path)
        look.whole = look.whole and order.whole
        look.tallies.append(tally)
        look.planned += progress.planned
        look.requests += progress.asked
        look.coverage += [
            Stretch(
                zone=order.zone,
                first=run.first,
                last=run.last,
                family=run.family,
                ports=block.ports,
                complete=tally.complete and order.whole,
            )
            for block in order.blocks
            for run in block.ranges
        ]
    return look


def placed(host: str) -> tuple[int, int]:
    """Where an address stands in a list: IPv4 first, then by value."""
    value, family = number_of(host) or (0, 0)
    return family, value


def servers(
    sweep_id: str,
    services: Sequence[Service],
    known: dict[str, str],
    known_serving: dict[str, tuple[str | None, frozenset[str] | None]],
    known_findings: Collection[str],
) -> list[Observation]:
    """The servers, hosts, models and findings behind the listeners of one sweep."""
    return server_observations(sweep_id, SOURCE, services, known, known_serving, known_findings)


def load_catalog(wanted: Sequence[str] | None = None) -> Catalog:
    """The catalogue of all fingerprints; only the wanted products send asks of their own.

    Raises DataErrors for fingerprints that cannot be read, and DataError for rules that contradict each other or a
    wanted product that is unknown.
    """
    fingerprints = read_folder(data_path("fingerprints", "servers"), Fingerprint, cache_folder(os.environ))
    shared = read(data_path("fingerprints", "shared.yaml"), Shared)
    never = read(data_path("fingerprints", "never.yaml"), Never)
    try:
        return Catalog(fingerprints.values(), shared, never.never, wanted)
    except ValueError as error:
        raise DataError([Problem(file="--servers or fingerprints", reason=str(error), remedy="correct it")]) from None
