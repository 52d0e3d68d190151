"""Secrets met on the way: replaced by their kind, length and a keyed hash, never kept as text."""

import hashlib
import re
from functools import partial

_PRIVATE_KEY = (
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----)){0,16384}"
    r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
)

_START = r"(?:(?<![A-Za-z0-9_])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
"""Where a word begins: also behind a percent-encoded character, and behind one that JSON or a program wrote so."""

_KINDS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (kind, triggers, re.compile(expression))
    for kind, triggers, expression in (
        (
            "private-key",
            ("private key-----",),
            _PRIVATE_KEY,
        ),
        ("jwt", ("eyj",), _START + r"eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,2048}"),
        ("bearer-token", ("bearer ", "basic "), r"(?i:(?<=\bbearer )|(?<=\bbasic ))[A-Za-z0-9._~+/-]{8,4096}=*"),
        ("openai-key", ("sk-",), _START + r"sk-[A-Za-z0-9_-]{8,512}"),
        ("huggingface-token", ("hf_",), _START + r"hf_[A-Za-z0-9]{16,128}"),
        (
            "github-token",
            ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
            _START + r"(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})",
        ),
        ("gitlab-token", ("glpat-",), _START + r"glpat-[A-Za-z0-9_-]{16,255}"),
        ("aws-key-id", ("akia", "asia"), _START + r"(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
        ("google-key", ("aiza",), _START + r"AIza[A-Za-z0-9_-]{35}"),
        ("google-token", ("ya29.",), _START + r"ya29\.[A-Za-z0-9_-]{20,2048}"),
        ("slack-token", ("xox",), _START + r"xox[abeoprs]-[A-Za-z0-9-]{10,256}"),
        ("groq-key", ("gsk_",), _START + r"gsk_[A-Za-z0-9]{20,128}"),
        ("replicate-token", ("r8_",), _START + r"r8_[A-Za-z0-9]{20,128}"),
        ("nvidia-key", ("nvapi-",), _START + r"nvapi-[A-Za-z0-9_-]{20,256}"),
        ("docker-token", ("dckr_pat_",), _START + r"dckr_pat_[A-Za-z0-9_-]{16,128}"),
        ("package-token", ("npm_", "pypi-"), _START + r"(?:npm_[A-Za-z0-9]{30,128}|pypi-[A-Za-z0-9_-]{60,2048})"),
        ("url-password", ("://",), r"(?<=://)(?!\[[a-z-]+:\d)[^\s/:@\"']{0,256}:[^\s/@\"']{1,256}(?=@)"),
        (
            "url-secret",
            ("token=", "key=", "sig=", "signature=", "password=", "secret="),
            r"(?<=[?&;])(?i:[a-z_.-]{0,40}(?:token|key|sig|signature|password|secret))=[^\s&#\"'<>\[\]]{6,4096}",
        ),
    )
)
"""Kind, what must stand in the lower-cased text for it to be worth a search (any of them), and its expression."""

_GAP = r"(?P<gap>\\{0,3}[\"']?\s{0,8}[:=]\s{0,8}"
_SECRETIVE = (
    r"api_?-?key|passwd|password|passphrase|secret|credential|(?:private|access|account|master)_?-?key"
    r"|(?:access|api|auth|bearer|p2p|session|refresh|bot|hf|hub)_?-?token"
)
_NAME = (
    r"(?:(?<![A-Za-z0-9_.-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
    rf"(?P<name>(?i:(?=[\w.-]{{0,99}}?(?:{_SECRETIVE}))|(?=token(?![\w.-])))[A-Za-z_][\w.-]{{0,120}})"
)
_NAMED = re.compile(
    _NAME + _GAP + r"(?P<quote>\\{0,3}[\"']))(?P<value>(?:(?!(?P=quote))(?:\\.|[^\\])){4,131072})(?=(?P=quote)|\Z)",
    re.DOTALL,
)
"""A JSON key, also in JSON that is a string of another, or a name in a script, with a string value that may be cut."""

_NAMED_LIST = re.compile(_NAME + _GAP + r"\[)(?P<value>[^\[\]]{4,131072})(?=\]|\Z)")
"""The same with a list of strings."""

_NAMED_BARE = re.compile(_NAME + r"(?P<gap>\s{0,4}=\s{0,4}|:[ \t]{1,4})(?P<value>[^\s\"'`<>&,;(){}\[\]\\]{6,4096})")
"""The same without quotes, as an environment, an INI file or an error page has it."""

_NAMES = ("key", "passw", "passphrase", "secret", "token", "credential")
_UNQUOTED = re.compile(r"[\s,0-9.]+")
_PLAIN = re.compile(r"(?i:true|false|none|null|undefined|required|optional|string|string_type|missing|[0-9.]+|/\S*)")
"""What stands beside such a name and is no secret: a switch, a kind, a number, a path."""
TRIGGERS = (*_NAMES, *(trigger for _, triggers, _ in _KINDS for trigger in triggers))
"""A text with none of these in it, lower-cased, holds nothing that is looked for."""
_STAMP = re.compile(r"\[?[a-z-]+:\d+(?::[0-9a-f]{12})?\]?")


def redact(text: str, key: bytes | None) -> str:
    """The text with every secret replaced by `[kind:length:hash]`; equal secrets give equal hashes under one key.

    Known by their form (`_KINDS`), or by the name that a document, a script or an environment gives them. Without a
    key there is no hash: names and other words that must be the same tomorrow stay the same.
    """
    low = text.lower()
    if not any(trigger in low for trigger in TRIGGERS):
        return text
    for kind, triggers, expression in _KINDS:
        if any(trigger in low for trigger in triggers):
            text = expression.sub(partial(_replace, kind, key), text)
    if any(name in low for name in _NAMES):
        for expression in (_NAMED, _NAMED_LIST, _NAMED_BARE):
            text = expression.sub(partial(_named, key), text)
    return text


def _replace(kind: str, key: bytes | None, match: re.Match[str]) -> str:
    return _stamp(kind, match[0], key)


def _named(key: bytes | None, match: re.Match[str]) -> str:
    value = match["value"]
    if not _UNQUOTED.sub("", value) or _PLAIN.fullmatch(value) or _STAMP.fullmatch(value):
        return match[0]
    return f"{match['name']}{match['gap']}{_stamp('named-secret', value, key)}"


def _stamp(kind: str, secret: str, key: bytes | None) -> str:
    if key is None:
        return f"[{kind}:{len(secret)}]"
    stamp = hashlib.blake2b(secret.encode("utf-8", "surrogatepass"), key=key[:64], digest_size=6).hexdigest()
    return f"[{kind}:{len(secret)}:{stamp}]"
