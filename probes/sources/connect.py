"""Plain connects: no privilege needed, and always the way to loopback and to this host."""

from probes.engine.connect import connect_sweep, stride
from probes.engine.permute import Permutation
from probes.engine.room import more_descriptors
from probes.sources import Hunt

NAME = "connect"


def refusal(_hunt: Hunt) -> str:
    """Nothing: it can always look."""
    return ""


def find(hunt: Hunt) -> None:
    """Try every target of the interval; see `connect_sweep`."""
    more_descriptors()
    connect_sweep(
        hunt.plan,
        Permutation(len(hunt.plan), hunt.key).walk(hunt.start, hunt.stop_at, stride(hunt.pace.rate)),
        hunt.pace,
        timeout=hunt.timeout,
        retries=hunt.retries,
        on_open=hunt.on_open,
        stop=hunt.stop,
        tally=hunt.tally,
    )
