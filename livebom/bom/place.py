"""Where a URL leads: its host, port and path in one canonical form, so that two ways to write it are one place."""

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_API_PATHS = (
    "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/models", "/openai/v1", "/api/v1", "/v1", "/api",
    "/mcp", "/sse",
)  # fmt: skip
"""Paths below a server's base that clients are given to call: they name the API, not another server."""


class Place(Struct, frozen=True):
    """A host and port that a URL leads to."""

    host: str
    """Lower-cased name without a final dot, or an address in canonical text form."""
    port: int
    path: str
    """Without a final slash; empty for the root."""

    @property
    def base(self) -> str:
        """The path without the API's own."""
        return next((self.path.removesuffix(end) for end in _API_PATHS if self.path.endswith(end)), self.path)

    @property
    def loopback(self) -> bool:
        """Whether it means another machine for each one that reads it."""
        if self.host in {"localhost", "host.docker.internal"} or self.host.endswith(".localhost"):
            return True
        try:
            address = ip_address(self.host)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified or address.is_link_local


@lru_cache(maxsize=4096)
def place_of(url: str) -> Place | None:
    """The place a URL leads to; None where it is no URL, or has no port and a scheme that has no usual one."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme.lower())
        host = parts.hostname
    except ValueError:
        return None
    if not host or not port or not parts.scheme:
        return None
    try:
        host = str(ip_address(host))
    except ValueError:
        host = host.rstrip(".").lower()
    return Place(host, port, parts.path.rstrip("/"))
