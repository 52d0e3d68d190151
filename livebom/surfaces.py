"""The surfaces that can be looked at: each takes its orders and yields what was seen."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from livebom.bom import document
from livebom.bom.observation import EdgeTo, Observation
from livebom.bom.parts import EdgeKind, PartKind
from livebom.bom.service import Service
from livebom.net.cluster import ClusterError
from livebom.net.ranges import Family, Range, number_of, without
from livebom.recognise.catalog import Catalog
from livebom.recognise.rules import CheckRule, Fingerprint, Never, Shared, Workloads
from livebom.settings import DataError, Problem, Settings, cache_folder, data_path, read, read_folder
from probes.engine.tally import Tally
from probes.found import listener_of
from probes.inspect import Seen
from probes.local import asking, looking, surface
from probes.local.choosing import Manner
from probes.local.here import here
from probes.local.kubeconfig import Kubeconfig, door_of, in_cluster
from probes.local.kubernetes import Cluster
from probes.local.listening import ListenError, listen, place_told
from probes.local.observe import Told as ToldHere
from probes.local.surface import CONTAINERS, Local, Nearby
from probes.local.weights import Hashing, homes
from probes.local.weights.shapes import Header, Stock
from probes.local.workload import LocalSource, Looked, Workload
from probes.observe import listener_observation, server_observations
from probes.orders import digest_of, orders_of, split
from probes.sources import AUTO, EngineError, sources
from probes.sources.nmap_xml import Imported, NmapError, imported
from probes.sweep import Order, Progress, sweep

__all__ = [
    "ASKED",
    "AUTO",
    "CONTAINERS",
    "EngineError",
    "Hashing",
    "Header",
    "Imported",
    "ListenError",
    "Local",
    "LocalSource",
    "Looked",
    "Manner",
    "Nearby",
    "NmapError",
    "Order",
    "Progress",
    "Runtime",
    "Seen",
    "Stock",
    "Stretch",
    "Tally",
    "ToldHere",
    "Workload",
    "cluster",
    "digest_of",
    "hashing",
    "imported",
    "listen",
    "listener_observation",
    "listener_of",
    "load_catalog",
    "load_workload_checks",
    "local",
    "manner",
    "orders_of",
    "place_told",
    "placed",
    "planned",
    "runtime",
    "servers",
    "sources",
    "split",
    "surface",
]

SOURCE = "connect"
ASKED = asking.SOURCE
"""The source of what this host itself asked."""


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
    tarpits: dict[str, int] = {}
    """Hosts on which nearly every port is open and says nothing, and how many of their ports were not asked."""

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
        look.tarpits |= progress.tarpits
        look.coverage += _coverage(order, [one for one, left in progress.tarpits.items() if left], tally.complete)
    return look


def _coverage(order: Order, tarpits: Iterable[str], complete: bool) -> Iterator[Stretch]:
    """The runs that the order looked at; hosts not all of whose open ports were asked are runs of their own."""
    cuts = [Range(number[0], number[0], number[1]) for number in map(number_of, tarpits) if number]
    for block in order.blocks:
        whole = without(block.ranges, cuts) if cuts else block.ranges
        parts = [(run, complete and order.whole) for run in whole]
        parts += [(run, False) for run in (without(block.ranges, whole) if cuts else ())]
        for run, told in parts:
            yield Stretch(
                zone=order.zone, first=run.first, last=run.last, family=run.family, ports=block.ports, complete=told
            )


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
    asked: Mapping[str, str] = MappingProxyType({}),
) -> list[Observation]:
    """The servers, hosts, models and findings behind the listeners of one sweep.

    `asked` are the keys of the listeners that this host itself asked, each with the id of the workload behind it: what
    that runs on is said by the look at this host.
    """
    here = [one for one in services if listener_of(one).key in asked]
    there = [one for one in services if listener_of(one).key not in asked]
    told = server_observations(sweep_id, SOURCE, there, known, known_serving, known_findings)
    mine = server_observations(sweep_id, ASKED, here, *surface.keys_of(here, asked), known_findings)
    return [*told, *(replace(one, edges=tuple(edge for edge in one.edges if not _is_host(edge))) for one in mine)]


def _is_host(edge: EdgeTo) -> bool:
    return edge.kind is EdgeKind.RUNS_ON and edge.to_kind is PartKind.HOST


def planned(orders: Iterable[Order]) -> Callable[[str, int], bool]:
    """Whether one of these sweeps goes to an address and port."""
    plans = [order.plan for order in orders]

    def goes(address: str, port: int) -> bool:
        number = number_of(address)
        return number is not None and any(plan.contains(*number, port) for plan in plans)

    return goes


def manner(
    settings: Settings, key: bytes, *, excluded: Iterable[Range] = (), ports: Sequence[int] | None = None
) -> Manner:
    """How servers are asked that only this host reaches: as those of the network are.

    `key` keys the hashes that stand for secrets; `ports` are the only ones to ask, where somebody said so.
    """
    return Manner(
        user_agent=settings.user_agent,
        key=key,
        rate=settings.rate,
        timeout=settings.timeout,
        ports=None if ports is None else tuple(ports),
        ports_never=settings.ports_never,
        excluded=tuple(excluded),
    )


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


def load_workload_checks() -> list[CheckRule]:
    """The checks of containers and processes. Raises DataErrors where they cannot be read."""
    return read(data_path("fingerprints", "workloads.yaml"), Workloads).checks


def hashing(settings: Settings, environment: Mapping[str, str], *, read: bool, keep: bool = True) -> Hashing:
    """How a look hashes the files of models that lie here: by reading them, or by what is remembered beside the store.

    Without `keep` nothing is remembered.
    """
    store = settings.database(environment)
    file = store.with_name(f"{store.name}.hashes") if keep else None
    return Hashing(read=read, file=file, rate=round(settings.hash_rate * 1e6), seconds=settings.hash_seconds)


def local(
    catalog: Catalog, names: Collection[str], more: Iterable[LocalSource] = (), hashing: Hashing | None = None
) -> Local:
    """A look at this host by the sources of these names, and `more`. Raises DataErrors as `load_workload_checks`.

    Without `hashing` (the function of this name makes one) no file of a model is read whole and no hash remembered.
    """
    known = surface.known({kit.product: kit.fingerprint for kit in catalog.kits}, load_workload_checks())
    found = looking.sources(lambda workload: bool(known.hints.of(workload)), frozenset(names))
    lying = homes() if "process" in names else None
    return Local(sources=(*found, *more), known=known, here=here(), homes=lying, hashing=hashing or Hashing())


def cluster(context: str, environment: Mapping[str, str]) -> LocalSource:
    """The cluster of a context of the kubeconfig, empty the current one; without a kubeconfig the one this pod is in.

    Raises DataError where there is none, or it cannot be entered.
    """
    home = Path(environment.get("HOME", "/"), ".kube", "config")
    named = [Path(path) for path in environment.get("KUBECONFIG", "").split(":") if path] or [home]
    files = [path for path in named if path.exists()]
    host, port = environment.get("KUBERNETES_SERVICE_HOST", ""), environment.get("KUBERNETES_SERVICE_PORT", "443")
    try:
        if files or context or not host:
            return Cluster(*door_of(_kubeconfig(files), context, (files or [home])[0].parent))
        return Cluster("in-cluster", in_cluster(host, port))
    except ClusterError as error:
        file = ", ".join(map(str, files or named))
        remedy = "name a context of it, or set KUBECONFIG"
        raise DataError([Problem(file=file, reason=str(error), remedy=remedy)]) from None


def _kubeconfig(files: Iterable[Path]) -> Kubeconfig:
    """The files as one, as kubectl joins them: of equal names the first counts."""
    those = [read(path, Kubeconfig) for path in files]
    return Kubeconfig(
        clusters=[one for config in those for one in config.clusters or ()],
        users=[one for config in those for one in config.users or ()],
        contexts=[one for config in those for one in config.contexts or ()],
        current_context=next((config.current_context for config in those if config.current_context), ""),
    )
