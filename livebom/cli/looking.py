"""The options of `discover` that look at this host, its container runtimes and its cluster."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import click
from msgspec import structs

from livebom.net.ranges import merged
from livebom.net.targets import Targets, read_targets
from livebom.recognise.catalog import Catalog
from livebom.settings import Settings, examine
from livebom.surfaces import CONTAINERS, Hashing, Local, cluster, local, manner

Command = Callable[..., Any]


def local_options(command: Command) -> Command:
    """The options, in the order in which help shows them."""
    for option in reversed(
        (
            click.option("--local", is_flag=True, help="Look at the processes of this host."),
            click.option("--containers", is_flag=True, help="Look at the container runtimes of this host."),
            click.option(
                "--kubernetes",
                is_flag=False,
                flag_value="",
                metavar="[CONTEXT]",
                help="Look at a cluster: a context of the kubeconfig, or the current one.",
            ),
            click.option("--hash", "hashed", is_flag=True, help="Read the files of models on this host, to hash them."),
        )
    ):
        command = option(command)
    return command


def local_of(
    catalog: Catalog, *, here: bool, containers: bool, kubernetes: str | None, alone: bool, hashing: Hashing
) -> Local | None:
    """The look that was asked for beside the network; this host and its runtimes where nothing at all was (`alone`).

    Raises DataError where the cluster's context is none, UsageError where there is nothing that could be hashed.
    """
    everything = alone and not (here or containers or kubernetes is not None)
    names = [*(("process",) if here or everything else ()), *(CONTAINERS if containers or everything else ())]
    more = [] if kubernetes is None else [cluster(kubernetes, os.environ)]
    if hashing.read and "process" not in names:
        raise click.UsageError("--hash reads the models of this host, which is not looked at; add --local")
    return local(catalog, names, more, hashing) if names or more else None


def asking(
    near: Local | None, targets: Targets, settings: Settings, *, key: bytes, ports: str | None, ai: Sequence[int]
) -> Local | None:
    """The look with how it talks to the servers that it finds: as to the targets, and to none that these exclude.

    `ports` is the list of the command line, `ai` what that word in it means.
    """
    if near is None:
        return None
    excluded = merged((*targets.exclude, *(run for group in targets.groups for run in group.exclude)))
    some = None
    if ports is not None:  # read with an address of ours beside them, which is not contacted
        some = read_targets(("127.0.0.1",), ai=ai, read_yaml=examine, ports=ports).groups[0].ports
    return structs.replace(near, manner=manner(settings, key, excluded=excluded, ports=some))


def whole_scope(near: Local | None) -> tuple[str, ...]:
    """What of this host is looked at, in words, for the scope of a sweep."""
    return tuple(f"this host: {name}" for name in sorted({one.NAME for one in near.sources})) if near else ()
