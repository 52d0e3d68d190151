"""What the connect path reports: an open port, and the running count of everything tried."""

from msgspec import Struct


class Open(Struct, frozen=True):
    """An open port; `rtt` is the seconds its handshake took, as seen between two polls."""

    address: str
    port: int
    rtt: float


class Tally(Struct):
    """The state of one sweep; written by its thread, readable from any other while it runs."""

    sent: int = 0
    """Connects begun, retries included."""
    open: int = 0
    refused: int = 0
    silent: int = 0
    """No answer within the timeout, retries included."""
    unreachable: int = 0
    """ICMP said so, or there is no route."""
    lost: int = 0
    """Could not be looked at for a reason on this host: no socket, no local port, a local rule."""
    in_flight: int = 0
    cursor: int | None = None
    """Every target before this counter of the order is settled: where to go on from. None before the first batch."""
    settled: "tuple[int, Tally] | None" = None
    """A cursor, and what was counted before it; None where nobody keeps books."""
    stopped: bool = False
    """`stop` ended it."""
    finished: bool = False
    """The whole order was walked, retries included."""

    @property
    def tried(self) -> int:
        """Targets that are settled, one way or another."""
        return self.open + self.refused + self.silent + self.unreachable + self.lost

    @property
    def complete(self) -> bool:
        """Whether every target was really looked at; silence after the retries is a look too."""
        return self.finished and not self.lost
