"""This host as its own observations name it: its key, its addresses, and who can reach them."""

import hashlib
import hmac
import platform
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from livebom.net.own import own_addresses
from livebom.net.ranges import Range, number_of
from livebom.net.scope import exposure_of

_APPLICATION = b"livebom host key"


class Here(Struct, frozen=True, kw_only=True):
    """The host that is looked at."""

    key: str
    """`machine:<32 hex digits>`; it is also the zone of addresses that no other host can reach under that name."""
    name: str
    addresses: tuple[Range, ...]

    def owns(self, address: str) -> bool:
        """Whether the address is this host's."""
        number = number_of(address)
        return number is not None and any(
            run.family == number[1] and run.first <= number[0] <= run.last for run in self.addresses
        )

    def exposure(self, address: str) -> str:
        """From where the address can be reached; every address (`0.0.0.0`) is as open as the most open one."""
        if address not in {"0.0.0.0", "::", "", "*"}:  # noqa: S104 - addresses to compare with
            return exposure_of(address) if number_of(address) else "private"
        known = {exposure_of(_text(run)) for run in self.addresses}
        return "public" if "public" in known else "private"


def here(etc: Path = Path("/etc"), proc: Path = Path("/proc"), addresses: Sequence[Range] | None = None) -> Here:
    """This host; nothing is raised for what cannot be read.

    The machine id is never told: the key is its HMAC-SHA256 under a name of our own, as machine-id(5) asks for. A host
    without one is known by its name.
    """
    name = platform.node()
    try:
        secret = (etc / "machine-id").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        secret = ""
    stamp = hmac.new((secret or f"name:{name}").encode(), _APPLICATION, hashlib.sha256).hexdigest()[:32]
    return Here(
        key=f"machine:{stamp}", name=name, addresses=tuple(own_addresses(proc) if addresses is None else addresses)
    )


def _text(run: Range) -> str:
    return str(Range(run.first, run.first, run.family))
