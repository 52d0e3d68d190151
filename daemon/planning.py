"""From an order for a sweep to a turn: the groups and targets it means, within what may be swept by whom."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from daemon.configuration import Configuration, targets_of
from daemon.wire import Sweep, SweepRequest
from livebom.bom.service import Service
from livebom.net.group import Group
from livebom.net.own import own_addresses
from livebom.net.ranges import Range, merged
from livebom.net.refusal import ScopeError
from livebom.net.target import Target
from livebom.net.targets import TargetErrors, Targets, read_targets
from livebom.recognise.catalog import Catalog
from livebom.settings import DataError, examine
from livebom.surfaces import AUTO, load_catalog, orders_of
from livebom.turn import Turn


class PlanError(Exception):
    """The order means nothing that may be swept; the text says why, and what to do."""


class Planned(msgspec.Struct, frozen=True):
    """A turn, and what is to be said of it."""

    turn: Turn
    notes: tuple[str, ...]


class Catalogs:
    """The catalogue for each choice of products; what was read is kept until `forget`."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], Catalog] = {}

    def of(self, servers: tuple[str, ...]) -> Catalog:
        """For those products, or for all. Raises DataError."""
        if servers not in self._kept:
            if len(self._kept) > 8:
                self.forget()
            self._kept[servers] = load_catalog(list(servers) or None)
        return self._kept[servers]

    def forget(self) -> None:
        """Read them anew when they are asked for."""
        self._kept.clear()


def plan(
    sweep: Sweep,
    configuration: Configuration,
    catalogs: Catalogs,
    environment: Mapping[str, str],
    heard: Callable[[Service], None] = lambda _: None,
) -> Planned:
    """The turn that was ordered. Blocks while names are resolved. Raises PlanError."""
    request = sweep.request
    try:
        catalog = catalogs.of(request.servers)
        known, notes = _known(configuration, catalog, environment)
        targets = _chosen(request, known, catalog, anywhere=sweep.anywhere)
        orders, scope = orders_of(
            targets,
            configuration.settings,
            key=secrets.token_bytes(32),
            i_mean_it=not request.targets,  # whoever wrote a large network into the file did mean it
            engine=AUTO,
            own=own_addresses(),
        )
    except (DataError, TargetErrors, ScopeError) as error:
        raise PlanError(str(error)) from None
    if not orders:
        raise PlanError("nothing is left to sweep: the groups are empty, or everything in them is excluded")
    pace = request.pace
    turn = Turn(
        orders=[replace(one, rate=min(one.rate, pace)) if pace else one for one in orders],
        catalog=catalog,
        scope=(
            *(f"group {name}" for name in request.groups),
            *request.targets,
            *(() if request.groups or request.targets else (configuration.settings.daemon.targets,)),
            *(f"not {one}" for one in request.exclude),
        ),
        policy=configuration.policy,
        gone_after=configuration.settings.gone_after,
        notes=(*notes, *scope.notes),
        arguments={"daemon": msgspec.to_builtins(request), "by": sweep.by},
        id=sweep.id,
        heard=heard,
    )
    return Planned(turn, (*notes, *targets.notes, *scope.notes))


def _known(
    configuration: Configuration, catalog: Catalog, environment: Mapping[str, str]
) -> tuple[Targets, tuple[str, ...]]:
    """The targets file's groups, names resolved now; where one cannot be, as all of them were when it was last read."""
    if configuration.targets is None:
        return Targets(groups=()), ()
    path = Path(configuration.settings.daemon.targets)
    try:
        return targets_of(configuration.targets_text, path, catalog.ports, environment), ()
    except TargetErrors as errors:
        when = f"{configuration.loaded_at:%Y-%m-%d %H:%M} UTC"
        return configuration.targets, (f"the targets are those of {when}, for now: {errors.problems[0]}",)


def _chosen(request: SweepRequest, known: Targets, catalog: Catalog, *, anywhere: bool) -> Targets:
    """The groups it names, and its targets within them; what any group excludes stays excluded."""
    groups = _fenced(known)
    wanted = [_named(groups, name) for name in request.groups]
    if not request.groups and not request.targets:
        wanted = list(groups.values())
    asked = read_targets(request.targets, ai=catalog.ports, read_yaml=examine, exclude=request.exclude)
    wanted += [one for target in _targets(asked) for one in _placed(target, groups, asked, anywhere=anywhere)]
    if request.ports is not None:
        # Read with an address of ours beside them, which is not contacted: a port list belongs to targets.
        some = read_targets(("127.0.0.1",), ai=catalog.ports, read_yaml=examine, ports=request.ports)
        wanted = [replace(one, ports=some.groups[0].ports) for one in wanted]
    return Targets(
        groups=tuple(wanted), exclude=merged((*known.exclude, *asked.exclude)), notes=(*known.notes, *asked.notes)
    )


def _fenced(known: Targets) -> dict[str, Group]:
    """Each group with what all groups of its zone exclude, so that it can stand alone."""
    cuts: dict[str, list[Range]] = {}
    for group in known.groups:
        cuts.setdefault(group.zone, []).extend(group.exclude)
    return {group.name: replace(group, exclude=merged(cuts[group.zone])) for group in known.groups}


def _named(groups: Mapping[str, Group], name: str) -> Group:
    if name not in groups:
        raise PlanError(f"there is no group {name}; the targets file has {', '.join(sorted(groups)) or 'none'}")
    return groups[name]


def _targets(asked: Targets) -> Iterator[Target]:
    for group in asked.groups:
        yield from group.include


def _placed(target: Target, groups: Mapping[str, Group], asked: Targets, *, anywhere: bool) -> list[Group]:
    """The target in the groups that hold it, with their zone, owners, credentials and pace. Raises PlanError."""
    within = [one for one in groups.values() if _holds(one, target)]
    if within:
        return [replace(one, include=(target,)) for one in within]
    if not anywhere:
        raise PlanError(f"{target.written} lies in no group of the targets file; an admin may sweep it all the same")
    return [replace(asked.groups[0], include=(target,))]


def _holds(group: Group, target: Target) -> bool:
    """Whether every address of the target is one of the group's, and its port one that the group names for it."""
    for run in target.ranges:
        its = [
            one
            for have in group.include
            if have.port is None or have.port == target.port
            for one in have.ranges
            if one.family == run.family
        ]
        if not any(one.first <= run.first and run.last <= one.last for one in merged(its)):
            return False
    return True
