"""The surfaces that can be looked at: each takes its orders and yields what was seen."""

import os
from collections.abc import Callable, Sequence

from msgspec import Struct

from livebom.bom import document
from livebom.bom.observation import Observation
from livebom.bom.service import Service
from livebom.net.ranges import Family, Range, number_of
from livebom.recognise.catalog import Catalog
from livebom.recognise.rules import Fingerprint, Never, Shared
from livebom.settings import DataError, Problem, cache_folder, data_path, read, read_folder
from probes.engine.tally import Tally
from probes.inspect import Seen
from probes.observe import listener_observation, listener_of, server_observations
from probes.orders import orders_of
from probes.sweep import Order, Progress, sweep

__all__ = [
    "Order",
    "Progress",
    "Runtime",
    "Seen",
    "Stretch",
    "listener_observation",
    "listener_of",
    "load_catalog",
    "orders_of",
    "placed",
    "runtime",
    "servers",
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

    def holds(self, zone: str, host: str, port: int) -> bool:
        """Whether the place lies in it."""
        number = number_of(host)
        return (
            zone == self.zone
            and number is not None
            and number[1] == self.family
            and self.first <= number[0] <= self.last
            and port in self.ports
        )


class Runtime(Struct, kw_only=True):
    """What a look at the network came to."""

    tallies: list[Tally]
    coverage: list[Stretch]
    planned: int = 0
    """Targets of all orders."""
    requests: int = 0
    """Requests sent for all orders."""

    @property
    def complete(self) -> bool:
        """Whether every order was looked at whole."""
        return all(tally.complete for tally in self.tallies)


async def runtime(
    orders: Sequence[Order], catalog: Catalog, take: Callable[[Seen], None], progress: Progress
) -> Runtime:
    """Sweep the orders one after another; `take` gets each open listener as soon as it was talked to."""
    look = Runtime(tallies=[], coverage=[])
    for order in orders:
        progress.tally = Tally()
        tally = await sweep(order, catalog, take, progress)
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
                complete=tally.complete,
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
) -> list[Observation]:
    """The servers, hosts and models behind the listeners of one sweep."""
    return server_observations(sweep_id, SOURCE, services, known, known_serving)


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
