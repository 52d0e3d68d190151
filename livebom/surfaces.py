"""The surfaces that can be looked at: each takes its orders and yields what was seen."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from livebom.bom.observation import Observation
from livebom.bom.service import Service
from livebom.recognise.catalog import Catalog
from probes.engine.connect import Tally
from probes.inspect import Seen
from probes.observe import listener_observation, listener_of, server_observations
from probes.sweep import Order, Progress, plan_of, sweep

__all__ = [
    "Order",
    "Progress",
    "Runtime",
    "Seen",
    "Stretch",
    "listener_observation",
    "listener_of",
    "runtime",
    "servers",
]

SOURCE = "connect"


class Stretch(Struct, frozen=True, kw_only=True):
    """A run of neighbouring addresses that was asked for the same ports."""

    zone: str
    first: int
    last: int
    family: int
    ports: tuple[int, ...]
    complete: bool


class Runtime(Struct, kw_only=True):
    """What a look at the network came to."""

    tallies: list[Tally]
    coverage: list[Stretch]

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
        look.coverage += [
            Stretch(
                zone=order.zone,
                first=run.first,
                last=run.last,
                family=run.family,
                ports=run.ports,
                complete=tally.complete,
            )
            for run in plan_of(order).runs
        ]
    return look


def servers(
    sweep_id: str,
    services: Sequence[Service],
    known: dict[str, str],
    known_serving: dict[str, tuple[str | None, frozenset[str] | None]],
) -> list[Observation]:
    """The servers, hosts and models behind the listeners of one sweep."""
    return server_observations(sweep_id, SOURCE, services, known, known_serving)
