"""One request as it will be sent, and whatever came of it."""

from msgspec import Struct

from livebom.bom.observation import Outcome
from livebom.bom.service import TlsFacts

BODY_CAP = 1 << 20
"""Most bytes of a body that are kept."""
LINE_CAP = 8192
HEADERS_CAP = 100


RAW = "RAW"
"""The method of an ask that is no HTTP; its path is its name."""


class Ask(Struct, frozen=True, kw_only=True):
    """One request; the target's address is the conversation's business, never the ask's."""

    id: str
    """Its name in the catalogue (`root`, `ollama.tags`); evidence is bound to it."""
    method: str = "GET"
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    """Beyond Host, User-Agent, Accept, Accept-Encoding and Connection, which the client sends itself; an `Accept` or
    `Host` here replaces the client's."""
    body: bytes = b""
    scheme: str = "http"
    """`http`, `https`, or `tcp` for bytes that are no HTTP: then `body` is all that is sent."""
    cap: int = BODY_CAP
    deadline: float = 0.0
    """Seconds for this ask alone; 0 means the sweep's."""

    @property
    def line(self) -> str:
        """The request line without the version, as evidence shows it."""
        return f"{self.method} {self.path}"


class Reply(Struct, frozen=True, kw_only=True):
    """One answer, capped, or the reason why there is none; recordings are these."""

    outcome: Outcome = Outcome.OK
    status: int | None = None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """In wire order, names as sent."""
    body: bytes = b""
    """At most the ask's cap, content coding removed where it is gzip or deflate."""
    truncated: bool = False
    """The body was longer than the cap, or the deadline cut it."""
    banner: bytes = b""
    """The first bytes (at most 1024) where the answer was not HTTP."""
    tls: TlsFacts | None = None
    elapsed: float = 0.0
    """Seconds from sending to the last byte used."""

    def ending(self, method: str) -> str:
        """How it came out, in a word: the status, else the outcome; of a protocol that is not HTTP an answer is one."""
        if self.status is not None:
            return str(self.status)
        return "answered" if method == RAW and self.banner else self.outcome.value

    def header(self, name: str) -> str | None:
        """The first header of that name, case ignored, or None."""
        low = name.lower()
        return next((value for key, value in self.headers if key.lower() == low), None)
