"""Secrets met on the way: replaced by their kind, length and a keyed hash, never kept as text."""

import hashlib
import re
from functools import partial

_PRIVATE_KEY = (
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----)){0,16384}"
    r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
)

_KINDS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (kind, triggers, re.compile(expression))
    for kind, triggers, expression in (
        (
            "private-key",
            ("private key-----",),
            _PRIVATE_KEY,
        ),
        ("jwt", ("eyj",), r"\beyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,2048}"),
        ("bearer-token", ("bearer ", "basic "), r"(?i:(?<=\bbearer )|(?<=\bbasic ))[A-Za-z0-9._~+/-]{8,4096}=*"),
        ("openai-key", ("sk-",), r"\bsk-[A-Za-z0-9_-]{8,512}"),
        ("huggingface-token", ("hf_",), r"\bhf_[A-Za-z0-9]{16,128}"),
        (
            "github-token",
            ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
            r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})",
        ),
        ("aws-key-id", ("akia", "asia"), r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
        ("google-key", ("aiza",), r"\bAIza[A-Za-z0-9_-]{35}\b"),
        ("slack-token", ("xox",), r"\bxox[abprs]-[A-Za-z0-9-]{10,256}"),
        ("url-password", ("://",), r"(?<=://)[^\s/:@\"']{1,256}:[^\s/@\"']{1,256}(?=@)"),
    )
)
"""Kind, what must stand in the lower-cased text for it to be worth a search (any of them), and its expression."""

_NAMED = re.compile(
    r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{0,99})(?P<gap>[\"']?\s{0,8}[:=]\s{0,8}(?P<quote>[\"']))"
    r"(?P<value>[^\"'\\]{4,4096})(?=(?P=quote))"
)
"""A JSON key, or a name in a script or a page, with a string value."""

_NAMED_LIST = re.compile(
    r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{0,99})(?P<gap>[\"']?\s{0,8}[:=]\s{0,8}\[)(?P<value>[^\[\]]{4,8192})(?=\])"
)
"""The same with a list of strings."""

_NAMES = ("key", "passw", "secret", "token")
_SECRET_NAME = re.compile(
    r"api_?-?key|passwd|password|secret|(?:access|api|auth|p2p|session|refresh)_?-?token", re.IGNORECASE
)
_UNQUOTED = re.compile(r"[\s,0-9.]+")
_STAMP = re.compile(r"\[[a-z-]+:\d+:[0-9a-f]{12}\]")


def redact(text: str, key: bytes) -> str:
    """The text with every secret replaced by `[kind:length:hash]`; equal secrets give equal hashes under one key.

    Known by their form (`_KINDS`), or by the name a JSON document gives them.
    """
    low = text.lower()
    for kind, triggers, expression in _KINDS:
        if any(trigger in low for trigger in triggers):
            text = expression.sub(partial(_replace, kind, key), text)
    if any(name in low for name in _NAMES):
        text = _NAMED.sub(lambda match: _named(match, key), text)
        text = _NAMED_LIST.sub(lambda match: _named(match, key), text)
    return text


def _replace(kind: str, key: bytes, match: re.Match[str]) -> str:
    return _stamp(kind, match[0], key)


def _named(match: re.Match[str], key: bytes) -> str:
    if (
        not _SECRET_NAME.search(match["name"])
        or not _UNQUOTED.sub("", match["value"])
        or _STAMP.fullmatch(match["value"])
    ):
        return match[0]
    return f"{match['name']}{match['gap']}{_stamp('named-secret', match['value'], key)}"


def _stamp(kind: str, secret: str, key: bytes) -> str:
    stamp = hashlib.blake2b(secret.encode("utf-8", "surrogatepass"), key=key[:64], digest_size=6).hexdigest()
    return f"[{kind}:{len(secret)}:{stamp}]"
