"""From an ask as a fingerprint writes it to the request that is sent."""

import re
from collections.abc import Callable, Mapping

import msgspec

from livebom.net.reply import RAW, Ask
from livebom.recognise.match import View
from livebom.recognise.rules import AskRule

Signature = tuple[str, str, tuple[tuple[str, str], ...], str]
"""Method, path, headers and body, slots unfilled."""

_VISIBLE = re.compile(r"[!-~]{1,512}")
"""What may be said back to a target of what it said: one word of visible ASCII, as an MCP session id is."""

_SLOT = re.compile(r"\{(?:(model|nonce)|header:([a-z0-9_.-]+):([A-Za-z0-9-]+))\}")


def _raw(rule: AskRule, name: str) -> bytes:
    try:
        return (rule.safe_raw or "").encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"{name}: safe_raw holds a character above \\xff, which is no byte") from None


def _shown(data: bytes) -> str:
    return "".join(chr(byte) if 32 < byte < 127 else f"\\x{byte:02x}" for byte in data)


def method_of(rule: AskRule, name: str) -> tuple[str, str]:
    """The method and path of an ask, of one that is no HTTP its bytes made readable.

    Raises ValueError unless exactly one way is declared.
    """
    ways = {
        "GET": rule.get,
        "HEAD": rule.head,
        "POST": rule.safe_post,
        "OPTIONS": rule.safe_options,
        "SESSION": rule.safe_session,
        RAW: None if rule.safe_raw is None else _shown(_raw(rule, name)),
    }
    said = [(method, path) for method, path in ways.items() if path is not None]
    if len(said) != 1:
        raise ValueError(
            f"{name}: an ask has exactly one of get, head, safe_post, safe_options, safe_session, safe_raw"
        )
    method, path = said[0]
    if method == RAW:
        return method, path
    if method == "SESSION":
        method, _, path = path.partition(" ")
        if method not in {"POST", "DELETE"}:
            raise ValueError(f"{name}: safe_session is written `POST /path` or `DELETE /path`")
    if not path.startswith("/"):
        raise ValueError(f"{name}: the path must begin with a slash")
    return method, path


def signature(name: str, rule: AskRule) -> Signature:
    """What makes two asks of different fingerprints the same request; slots are compared unfilled."""
    method, path = method_of(rule, name)
    if method == RAW:
        return method, name, (), path
    body = msgspec.json.encode(rule.json).decode() if rule.json is not None else ""
    return method, path, tuple(sorted((k.lower(), v) for k, v in rule.headers.items())), body


def render(name: str, rule: AskRule, *, nonce: str, model: str = "", replies: Mapping[str, View] | None = None) -> Ask:
    """The request an ask stands for, its slots `{model}`, `{nonce}` and `{header:ASK:NAME}` filled.

    In a path the model's name is percent-encoded, slashes too; in a body it is a JSON string; a header whose slot has
    nothing to say is not sent.
    """
    method, path = method_of(rule, name)
    if method == RAW:
        return Ask(id=name, method=method, path=name, body=_raw(rule, name), scheme="tcp", cap=rule.cap)

    def fill(text: str) -> str:
        return _SLOT.sub(lambda m: _slot(m, nonce, model, replies or {}), text)

    body = msgspec.json.encode(_filled(rule.json, fill)) if rule.json is not None else b""
    headers = {key: filled for key, value in rule.headers.items() if (filled := fill(value))}
    if body and not any(key.lower() == "content-type" for key in headers):
        headers["Content-Type"] = "application/json"
    path = path.replace("{model}", _quoted(model))
    return Ask(id=name, method=method, path=fill(path), headers=tuple(headers.items()), body=body, cap=rule.cap)


def _slot(match: re.Match[str], nonce: str, model: str, replies: Mapping[str, View]) -> str:
    if match[1]:
        return nonce if match[1] == "nonce" else model
    view = replies.get(match[2])
    value = (view.reply.header(match[3]) or "") if view else ""
    return value if _VISIBLE.fullmatch(value) else ""


def _filled(value: object, fill: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, list):
        return [_filled(item, fill) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, fill) for key, item in value.items()}
    return value


def _quoted(model: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-._~:") else _percent(c) for c in model)


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
