"""The last moment before the wire: headers put on an ask, and what is secret in them taken out of the reply."""

import re
from typing import Any

from msgspec import structs

from livebom.net.credentials import Credential, Header
from livebom.net.reply import Ask, Reply

SHORTEST = 8
"""Characters from which a secret can be told from the text around it."""

_PUT = "[credential]"
_PARTS = re.compile(r"[\s;,]+|=(?=[^=\s;,])")


class SealedAsk(Ask, frozen=True, kw_only=True):
    """An ask on its way out, with headers that nothing may print; it is sent and forgotten."""

    def __repr__(self) -> str:
        return f"SealedAsk({self.line!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("line", self.line)]


class Seal:
    """What one conversation puts on its asks beyond what they say themselves.

    `plain` goes on every one; the credential's headers only on those in `scheme`, the one its origin was found to have.
    Without a scheme the credential goes nowhere, and is still taken out of what comes back.
    """

    def __init__(
        self, plain: tuple[Header, ...] = (), credential: Credential | None = None, scheme: str | None = None
    ) -> None:
        """Hold the headers; without any, asks and replies pass as they are."""
        known = credential.headers if credential else ()
        self.keyed = bool(known) and scheme is not None
        self._scheme = scheme
        self._plain = plain
        self._key = known if self.keyed else ()
        parts = [set(_PARTS.split(header.value.reveal())) for header in known]
        secrets = {part for found in parts for part in found if len(part) >= SHORTEST}
        self._secrets = sorted(secrets, key=lambda part: (-len(part), part))
        self.elusive = self.keyed and any(not found & secrets for found in parts)
        """Whether a secret is too short to be found in a reply: then no reply may be stored."""

    def put(self, ask: Ask) -> Ask:
        """The ask as it is sent; a header of its own stays, bytes that are no HTTP get none."""
        if ask.scheme == "tcp" or not (self._plain or self._key):
            return ask
        wanted = (*self._plain, *(self._key if ask.scheme == self._scheme else ()))
        own = {name.lower() for name, _ in ask.headers}
        added = {h.name.lower(): (h.name, h.value.reveal()) for h in wanted if h.name.lower() not in own}
        fields = structs.asdict(ask)
        return SealedAsk(**{**fields, "headers": (*ask.headers, *added.values())})

    def clean(self, reply: Reply) -> Reply:
        """The reply without the credential, which a server may repeat in an error or a page."""
        if not self._secrets:
            return reply
        return structs.replace(
            reply,
            reason=self._cleaned(reply.reason),
            headers=tuple((self._cleaned(name), self._cleaned(value)) for name, value in reply.headers),
            body=self._cleaned_bytes(reply.body),
            banner=self._cleaned_bytes(reply.banner),
        )

    def _cleaned(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _PUT)
        return text

    def _cleaned_bytes(self, data: bytes) -> bytes:
        for secret in self._secrets:
            data = data.replace(secret.encode("latin-1"), _PUT.encode())
        return data


OPEN = Seal()
"""Puts on nothing."""
