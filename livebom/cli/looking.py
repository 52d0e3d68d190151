"""The options of `discover` that look at this host, its container runtimes and its cluster."""

import os
from collections.abc import Callable
from typing import Any

import click

from livebom.recognise.catalog import Catalog
from livebom.surfaces import CONTAINERS, Local, cluster, local

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
        )
    ):
        command = option(command)
    return command


def local_of(catalog: Catalog, *, here: bool, containers: bool, kubernetes: str | None, alone: bool) -> Local | None:
    """The look that was asked for beside the network; this host and its runtimes where nothing at all was (`alone`).

    Raises DataError where the cluster's context is none.
    """
    everything = alone and not (here or containers or kubernetes is not None)
    names = [*(("process",) if here or everything else ()), *(CONTAINERS if containers or everything else ())]
    more = [] if kubernetes is None else [cluster(kubernetes, os.environ)]
    return local(catalog, names, more) if names or more else None


def whole_scope(near: Local | None) -> tuple[str, ...]:
    """What of this host is looked at, in words, for the scope of a sweep."""
    return tuple(f"this host: {name}" for name in sorted({one.NAME for one in near.sources})) if near else ()
