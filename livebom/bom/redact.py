"""Secrets met on the way: replaced by their kind, length and a keyed hash, never kept as text."""

import hashlib
import re

_NAMED = (
    r"(?i:(?<=\")[a-z0-9_.-]{0,64}(?:api_?keys?|passwd|password|secret|access_?token|p2p_?token|auth_?token)"
    r"[a-z0-9_.-]{0,32}\"\s{0,8}:\s{0,8}\")(?P<value>[^\"\\]{4,4096})(?=\")"
)

_KINDS: tuple[tuple[str, str], ...] = (
    ("private-key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,16384}?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,2048}"),
    ("bearer-token", r"(?i:(?<=\bbearer )|(?<=\bbasic ))[A-Za-z0-9._~+/-]{8,4096}=*"),
    ("openai-key", r"\bsk-[A-Za-z0-9_-]{8,512}"),
    ("huggingface-token", r"\bhf_[A-Za-z0-9]{16,128}"),
    ("github-token", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})"),
    ("aws-key-id", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("google-key", r"\bAIza[A-Za-z0-9_-]{35}\b"),
    ("slack-token", r"\bxox[abprs]-[A-Za-z0-9-]{10,256}"),
    ("url-password", r"(?<=://)[^\s/:@\"']{1,256}:[^\s/@\"']{1,256}(?=@)"),
    ("named-secret", _NAMED),
)
"""Kind and expression; a group `value` marks what is replaced where the expression reads more than the secret."""

_ALL = re.compile("|".join(f"(?P<k{i}>{expression})" for i, (_, expression) in enumerate(_KINDS)))


def redact(text: str, key: bytes) -> str:
    """The text with every secret replaced by `[kind:length:hash]`; equal secrets give equal hashes under one key."""
    return _ALL.sub(lambda match: _stamp(match, key), text)


def _stamp(match: re.Match[str], key: bytes) -> str:
    kind = _KINDS[int((match.lastgroup or "k0")[1:])][0] if (match.lastgroup or "").startswith("k") else "named-secret"
    value = match["value"] if match["value"] is not None else match[0]
    stamp = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=key[:64], digest_size=6).hexdigest()
    return match[0].replace(value, f"[{kind}:{len(value)}:{stamp}]", 1)
