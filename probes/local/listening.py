"""Hearing of what comes and goes from the sources that tell it: an engine's events, a cluster's changes."""

import threading
from collections.abc import Callable

from livebom.net.cluster import ClusterError
from livebom.net.engine_api import EngineError
from probes.local.engine import Engine
from probes.local.kubernetes import Cluster
from probes.local.workload import LocalSource

_SLICE = 600.0
"""Seconds of a cluster's changes, after which its pods are listed anew and whether to stop is looked at again."""


class ListenError(Exception):
    """The source cannot be listened to; the text says why. `missing` where nobody is there at all."""

    def __init__(self, reason: str, *, missing: bool = False) -> None:
        super().__init__(reason)
        self.missing = missing


def place_told(source: LocalSource) -> str | None:
    """Name and place of a source that tells what comes and goes; None for one that has to be looked at."""
    return source.place if isinstance(source, Engine | Cluster) else None


def listen(source: LocalSource, stop: threading.Event, heard: Callable[[], None], ready: Callable[[], None]) -> None:
    """Calls `heard` when something came or went, and `ready` once the source has answered; until `stop` or its end.

    Blocks. Raises ListenError.
    """
    try:
        if isinstance(source, Engine):
            source.events(stop, lambda *_: heard(), ready)
        elif isinstance(source, Cluster):
            for _ in source.changes(_SLICE, ready):
                if stop.is_set():
                    return
                heard()
    except EngineError as error:
        raise ListenError(str(error), missing=error.missing) from None
    except ClusterError as error:
        raise ListenError(str(error)) from None
