"""Values made fit for CycloneDX's fields: safe text, and addresses, digests and the like only where they are one."""

import re
from datetime import UTC, datetime
from urllib.parse import quote

from livebom.bom.parts import Value
from livebom.bom.text import safe_text

LONGEST_VERSION = 1024
"""The schema's limit for a version."""

_SCHEMES = (
    "https?|wss?|grpcs?|git|ssh|git\\+https|git\\+ssh|oci|docker|s3|gs|abfss?|hf|tcp|redis|rediss|postgres|postgresql"
)
_ADDRESS = re.compile(
    rf"(?P<head>(?:(?:{_SCHEMES}):)?//(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::[0-9]{{1,5}})?)"
    r"(?P<path>[/?][^#]*)?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
"""An address with a scheme that no reader would run (`javascript:` is none), and without a name or password in it."""

_EMAIL = re.compile(
    r"[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*@[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*(?:\.[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*)*"
)
_PURL = re.compile(r"pkg:[A-Za-z][A-Za-z0-9.+-]*/[\x21-\x7e]+")
_CPE = re.compile(r"cpe:(?:2\.3:|/)[\x21-\x7e]+")
_DIGEST = re.compile(r"(?:sha256:)?([0-9A-Fa-f]{64})")
_HALF = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LONGEST_ADDRESS = 2000


def text_of(value: Value) -> str:
    """A single value as safe text; a list joined by commas."""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return safe_text(", ".join(str(item) for item in value))
    return "" if value is None else str(value)


def version_of(text: str) -> str:
    """A version within the schema's limit, whatever escapes its characters need."""
    shown = safe_text(text)
    return shown if len(shown) <= LONGEST_VERSION else safe_text(text, LONGEST_VERSION // 12)


def address(text: str) -> str | None:
    """The text as an IRI reference where it is an address (a scheme that is harmless, or `//host`), else None."""
    found = _ADDRESS.fullmatch(text)
    if found is None or len(text) > _LONGEST_ADDRESS:
        return None
    path = _quoted(found["path"] or "")
    fragment = f"#{_quoted(found['fragment'])}" if found["fragment"] is not None else ""
    return found["head"] + path + fragment


def _quoted(part: str) -> str:
    whole = part.encode("utf-8", "replace").decode()
    return quote(_HALF.sub("%25", whole), safe="/?:@!$&'()*+,;=%~-._")


def email(text: str) -> str | None:
    """The text where it is a plain e-mail address (RFC 5321's lengths), else None."""
    local = text.partition("@")[0]
    return text if len(local) <= 64 and len(text) <= 254 and _EMAIL.fullmatch(text) else None


def purl(text: str) -> str | None:
    """The text where it looks like a package URL, else None."""
    return text if len(text) <= _LONGEST_ADDRESS and _PURL.fullmatch(text) else None


def cpe(text: str) -> str | None:
    """The text where it looks like a CPE name, else None."""
    return text if len(text) <= _LONGEST_ADDRESS and _CPE.fullmatch(text) else None


def digest(text: str) -> str | None:
    """Sixty-four hex digits in lower case, where the text is that or `sha256:` and that, else None."""
    found = _DIGEST.fullmatch(text)
    return found[1].lower() if found else None


def moment(at: datetime) -> datetime:
    """The time in UTC; one that names no zone is taken for UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
