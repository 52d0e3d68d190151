"""An ask as the bytes of one HTTP/1.1 request, or its own bytes; what could smuggle a second request is refused."""

import re

from livebom.net.reply import Ask

_METHOD = re.compile(r"[A-Z]{3,16}")
_PATH = re.compile(r"[!-~]+")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(r"[!-.0-9:;=?A-Z\[\]_a-z~]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_DEFAULT_PORT = {"http": 80, "https": 443}
_FRAMING = frozenset({"content-length", "transfer-encoding"})


def authority(host: str, port: int, scheme: str) -> str:
    """What stands in the Host header: IPv6 in brackets and without its scope, the port unless it is the scheme's own.

    Raises ValueError for a scheme other than http and https and for a host that could break the header.
    """
    if scheme == "tcp":
        return ""
    if scheme not in _DEFAULT_PORT:
        raise ValueError(f"no such scheme: {scheme[:20]!r}")
    if ":" in host:
        host = f"[{host.partition('%')[0]}]"
    elif not host.isascii():
        host = host.encode("idna").decode("ascii")
    if _HOST.fullmatch(host) is None:
        raise ValueError("a host name with characters that no name has")
    return host if port == _DEFAULT_PORT[scheme] else f"{host}:{port}"


def request(ask: Ask, host: str, user_agent: str) -> bytes:
    """The bytes to send; `host` as `authority` gives it. An ask of the scheme `tcp` is sent as its body says.

    A header of the ask replaces ours of the same name. Raises ValueError where method, path or a header holds a
    character that would end it (CR, LF, NUL, a space in the path), and for a Content-Length or Transfer-Encoding,
    which are ours to say.
    """
    if ask.scheme == "tcp":
        return ask.body
    if _METHOD.fullmatch(ask.method) is None:
        raise ValueError("a method is upper case letters")
    if _PATH.fullmatch(ask.path) is None or (ask.path[0] != "/" and ask.path != "*"):
        raise ValueError("a path begins with a slash and holds visible ASCII only")
    start = f"{ask.method} {ask.path} HTTP/1.1\r\n"
    if not ask.headers and not ask.body:
        return f"{start}Host: {host}\r\n{_usual(user_agent)}\r\n".encode("latin-1")
    headers = {"host": ("Host", host)}
    for line in _usual(user_agent).splitlines():
        name, _, value = line.partition(": ")
        headers[name.lower()] = (name, value)
    own: list[tuple[str, str]] = []
    for name, value in ask.headers:
        _check(name, value)
        headers.pop(name.lower(), None)
        own.append((name, value))
    if ask.body or ask.method in ("POST", "PUT", "PATCH"):
        own.append(("Content-Length", str(len(ask.body))))
    lines = "".join(f"{name}: {value}\r\n" for name, value in (*headers.values(), *own))
    return f"{start}{lines}\r\n".encode("latin-1") + ask.body


def _usual(user_agent: str) -> str:
    return (
        f"User-Agent: {user_agent}\r\n"
        "Accept: application/json, */*;q=0.5\r\n"
        "Accept-Encoding: identity\r\n"
        "Connection: keep-alive\r\n"
    )


def _check(name: str, value: str) -> None:
    if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
        raise ValueError(f"a header that is none: {name[:40]!r}")
    if name.lower() in _FRAMING:
        raise ValueError(f"{name} is not for an ask to set")
