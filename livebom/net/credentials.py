"""Credentials: headers whose values are never shown, read from files and the environment, and bound to one origin."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from msgspec import Struct

from livebom.bom.text import safe_text
from livebom.net.ranges import address_text
from livebom.net.target import Target
from livebom.net.target_file import CredentialEntry

LONGEST = 8192
"""Most characters of a header's value; servers take no longer line."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]+")
_TOKEN = re.compile(r"[!-~]+")
_SECRET = re.compile(r"authori[sz]ation|cookie|key|passw|secret|token", re.IGNORECASE)

_REFUSED = {
    **dict.fromkeys(
        ("host", "content-length", "transfer-encoding"), "where a request goes and ends is not yours to say"
    ),
    **dict.fromkeys(
        ("connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect", "accept-encoding"),
        "how a connection is used is livebom's business",
    ),
    **dict.fromkeys(
        ("x-http-method", "x-http-method-override", "x-method-override"), "it would make a read into something else"
    ),
    "user-agent": "set `user_agent` in the settings; it must name livebom",
}


class CredentialError(ValueError):
    """A credential cannot be used; the text of the error is the reason, for a person, and never holds the secret."""


class Secret:
    """A text that is not shown: neither printed, compared, pickled nor encoded; only the way to the wire reads it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hold the text."""
        self._text = text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")

    def reveal(self) -> str:
        """The text itself; what calls this must not keep it."""
        return self._text


class Header(Struct, frozen=True):
    """One header to send."""

    name: str
    value: Secret

    @property
    def secret(self) -> bool:
        """Whether its name says that the value is a credential."""
        return _SECRET.search(self.name) is not None


class Origin(Struct, frozen=True):
    """Where a credential may go; None in scheme or port: whatever the one target it came with is found to have."""

    host: str
    """An address in canonical text, or a name in lower case: a credential for one does not fit the other."""
    port: int | None = None
    scheme: str | None = None

    def fits(self, address: str, port: int, name: str | None, scheme: str | None = None) -> bool:
        """Whether a listener is this origin; without `scheme`, whether it may yet turn out to be."""
        return (
            self.host == (name or address)
            and self.port in (None, port)
            and (scheme is None or self.scheme in (None, scheme))
        )

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (f"{self.scheme}://" if self.scheme else "") + host + (f":{self.port}" if self.port else "")


class Credential(Struct, frozen=True, kw_only=True):
    """Headers that open one origin to us."""

    origin: Origin
    headers: tuple[Header, ...]


def single(target: Target) -> bool:
    """Whether a target is one host: an address or a name, with or without port and path."""
    return target.name is not None or sum(run.count for run in target.ranges) == 1


def origin_of(target: Target) -> Origin:
    """The origin a single target is.

    Raises:
        CredentialError: It is many hosts.
    """
    if not single(target):
        raise CredentialError("it is many hosts, and a credential is for one")
    run = target.ranges[0]
    return Origin(target.name or address_text(run.first, run.family), target.port, target.scheme)


def credential_of(
    entry: CredentialEntry, target: Target, folder: Path, environment: Mapping[str, str]
) -> tuple[Credential, str]:
    """What an entry of a targets file means, and a note where one is due.

    Args:
        entry: As it stands in the file.
        target: Its origin as a target.
        folder: What a relative path starts from.
        environment: Where `bearer_env` and `header_env` are looked up.

    Raises:
        CredentialError: The origin is none, or the secret is not where the entry says.
    """
    if target.scheme is None or target.base_path:
        raise CredentialError("an origin is scheme, host and port, with no path: https://10.0.0.5:8000")
    ways = [bool(way) for way in (entry.bearer_file, entry.bearer_env, entry.header_env)]
    if sum(ways) != 1:
        raise CredentialError("a credential is one of `bearer_file`, `bearer_env` and `header_env`")
    note = ""
    if entry.bearer_file:
        header, note = bearer_from_file(folder / entry.bearer_file)
        headers = [header]
    elif entry.bearer_env:
        headers = [bearer(_variable(entry.bearer_env, environment), f"the variable {entry.bearer_env}")]
    else:
        headers = [make_header(name, _variable(variable, environment)) for name, variable in entry.header_env.items()]
    return Credential(origin=origin_of(target), headers=tuple(headers)), note


def bearer_from_file(path: Path) -> tuple[Header, str]:
    """The bearer token that a file's text is, and a note where others than its owner may read the file.

    Raises:
        CredentialError: It cannot be read, or holds something else.
    """
    shown = safe_text(str(path))
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            data = file.read(LONGEST + 2)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no path"
        raise CredentialError(f"{shown} cannot be read: {reason}") from None
    note = f"{shown} may be read by others than its owner (mode {mode:04o}); chmod 600 it" if mode & 0o077 else ""
    return bearer(data.decode("latin-1"), shown), note


def bearer(text: str, where: str) -> Header:
    """An Authorization header with the token that `text` is; space around it and a leading `Bearer` do not count.

    Raises:
        CredentialError: It is no token.
    """
    token = re.sub(r"\Abearer\s+", "", text.strip(), flags=re.IGNORECASE)
    if not _TOKEN.fullmatch(token) or len(token) > LONGEST:
        raise CredentialError(f"{where} holds no bearer token: one word of visible ASCII, at most {LONGEST} characters")
    return Header("Authorization", Secret(f"Bearer {token}"))


def read_header(text: str) -> Header:
    """A header as the command line gives it, `Name: value`.

    Raises:
        CredentialError: It is none, or one that is not to be set.
    """
    name, colon, value = text.partition(":")
    if not colon:
        raise CredentialError("a header is written `Name: value`")
    return make_header(name, value.strip(" \t"))


def make_header(name: str, value: str) -> Header:
    """A header of this name and value.

    Raises:
        CredentialError: One of them cannot stand in a request, or the name is not to be set.
    """
    if not _NAME.fullmatch(name):
        raise CredentialError("a header's name is letters, digits and hyphens, directly before the colon")
    if (why := _REFUSED.get(name.lower())) is not None:
        raise CredentialError(f"{name} cannot be set: {why}")
    if not _VALUE.fullmatch(value) or len(value) > LONGEST:
        raise CredentialError(f"the value of {name} must be one line of at most {LONGEST} characters, and not empty")
    return Header(name, Secret(value))


def _variable(name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "")
    if not value:
        raise CredentialError(f"the environment has no variable {safe_text(name)}, or an empty one")
    return value
