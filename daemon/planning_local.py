"""From an order for a look at this host to a turn: its sources and clusters, and what collectors told."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from daemon.configuration import Configuration
from daemon.near import briefly
from daemon.planning import Catalogs, PlanError, Planned
from daemon.schedule import held
from daemon.wire import Sweep
from livebom.bom.service import Service
from livebom.net.ranges import Range, merged
from livebom.net.targets import Targets
from livebom.settings import DataError
from livebom.surfaces import (
    CONTAINERS,
    Hashing,
    LocalSource,
    Looked,
    Nearby,
    cluster,
    hashing,
    local,
    manner,
)
from livebom.turn import Turn


def plan_local(
    sweep: Sweep,
    configuration: Configuration,
    catalogs: Catalogs,
    environment: Mapping[str, str],
    given: Nearby,
    heard: Callable[[Service], None] = lambda _: None,
) -> Planned:
    """The look that was ordered; `given` is what collectors told. Reads files and contacts nobody. Raises PlanError."""
    entry = configuration.settings.daemon.local
    clusters, lost = _clusters(entry.kubernetes, environment)
    names = names_of(entry.sources)
    try:
        catalog = catalogs.of(())
        near = local(catalog, names, clusters, hashing_of(configuration, environment))
    except DataError as error:
        raise PlanError(str(error)) from None
    near = replace(
        near,
        given=replace(given, looked=(*given.looked, *lost)),
        manner=manner(configuration.settings, secrets.token_bytes(32), excluded=_excluded(configuration.targets)),
        through=entry.inside_socket,
    )
    if not near.sources and not near.given.looked:
        raise PlanError(
            "nothing of this host is looked at; name `sources` in `daemon.local`, or start a collector (docs/daemon.md)"
        )
    turn = Turn(
        orders=(),
        catalog=catalog,
        local=near,
        scope=("this host", *sorted({one.NAME for one in near.sources})),
        policy=configuration.policy,
        gone_after=configuration.settings.gone_after,
        arguments={"daemon": msgspec.to_builtins(sweep.request), "by": sweep.by},
        id=sweep.id,
        heard=heard,
    )
    return Planned(turn, ())


def _excluded(targets: Targets | None) -> tuple[Range, ...]:
    """What any group leaves out: no server of this host is asked there either."""
    if targets is None:
        return ()
    return merged((*targets.exclude, *(run for group in targets.groups for run in group.exclude)))


def hashing_of(configuration: Configuration, environment: Mapping[str, str]) -> Hashing:
    """Files are read in the quiet hours only, and never for so long that what starts would not be seen."""
    quiet = held(datetime.now(UTC), configuration.quiet_hours) is not None
    return briefly(hashing(configuration.settings, environment, read=quiet))


def names_of(sources: Iterable[str]) -> tuple[str, ...]:
    """The sources of this host by the words of the settings: `containers` are all runtimes."""
    return tuple(name for word in sources for name in (CONTAINERS if word == "containers" else (word,)))


def _clusters(contexts: Iterable[str], environment: Mapping[str, str]) -> tuple[list[LocalSource], list[Looked]]:
    """The clusters, and those that cannot be entered as what was not seen."""
    found: list[LocalSource] = []
    lost: list[Looked] = []
    for context in contexts:
        try:
            found.append(cluster(context, environment))
        except DataError as error:
            source = f"kubernetes {context}".strip()
            lost.append(Looked(source=source, not_seen=(f"{source}: {error.problems[0].reason}",), complete=False))
    return found, lost
