"""Which recorded answer fits a request, and the bytes it makes on the wire."""

import ipaddress
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from tests.recording import Exchange, Recording, Request, Response

_LOCAL = ("localhost", ".localhost", ".local", ".internal")
_STRANGE = re.compile(r"not-here|does-not-exist|livebom-nonexistent$|^/(nope|random|unknown)$")


class Answers:
    """A recording as a server would hold it: asked, it answers; patched, it answers otherwise."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        # A recording made with the right key answers everyone as if they held it.
        self._keyed = recording.name.endswith("+auth")
        self._spoken = [one for one in recording.exchanges if one.response.status is not None]
        self._raw = [one for one in recording.exchanges if one.response.status is None and not one.response.grpc]
        self._index = self._sorted()

    @property
    def is_raw(self) -> bool:
        """Whether the recorded peer never answers as HTTP."""
        return not self._spoken

    def raw(self, first: bytes) -> Response:
        """What a raw peer does with these first bytes; one that was never asked in HTTP closes."""
        method = first.split(b" ", 1)[0].decode("latin-1")
        fitting = [one.response for one in self._raw if one.request.method == method]
        return next(iter(fitting or [one.response for one in self._raw]), Response(end="close"))

    def find(self, asked: Request) -> Exchange:
        """The exchange of the same method and path that fits best; HEAD falls back to GET, a preflight to any other."""
        same = self._same(asked.method, asked.path)
        if not same and asked.method == "HEAD":
            same = self._same("GET", asked.path)
        if same:
            return max(same, key=lambda one: self._fit(asked, one))
        if asked.method == "OPTIONS" and asked.header("access-control-request-method"):
            # CORS stands in front of the routes, so it answers the same whatever the path.
            flights = [one for one in self._spoken if one.request.header("access-control-request-method")]
            if flights:
                return max(flights, key=lambda one: self._fit(asked, one))
        return self._unknown(asked)

    def patch(
        self,
        method: str,
        path: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> None:
        """Change what a plain `method path` is answered; where it was unknown, the changes are the whole answer."""
        known = self._same(method, path)
        plain = Request(method=method, path=path)
        found = max(known, key=lambda one: self._fit(plain, one)) if known else None
        old = found.response if found else Response(status=200, reason="OK", headers=[("Content-Length", "0")])
        put = {name.lower(): (name, value) for name, value in (headers or {}).items()}
        new = replace(
            old,
            status=old.status if status is None else status,
            reason=old.reason if status is None else HTTPStatus(status).phrase,
            headers=[pair for pair in old.headers if pair[0].lower() not in put] + list(put.values()),
            **({} if body is None else {"body": body, "body_base64": ""}),
        )
        if found:
            self._spoken[self._spoken.index(found)] = replace(found, response=new)
        else:
            self._spoken.append(Exchange(request=plain, response=new))
        self._index = self._sorted()

    def _sorted(self) -> dict[tuple[str, str], list[Exchange]]:
        index: dict[tuple[str, str], list[Exchange]] = {}
        for one in self._spoken + self._raw:
            index.setdefault((one.request.method, one.request.path), []).append(one)
        return index

    def _same(self, method: str, path: str) -> list[Exchange]:
        return self._index.get((method, path)) or self._index.get((method, path.split("?", 1)[0]), [])

    def _fit(self, asked: Request, one: Exchange) -> float:
        want, have = _traits(asked), _traits(one.request)
        if self._keyed:
            want["auth"] = True
        score = float(sum(have[name] == value for name, value in want.items()))
        return score + _body_fit(asked.body, one)

    def _unknown(self, asked: Request) -> Exchange:
        every = [one for one in self._spoken if one.request.path == "*" and one.request.method in ("*", asked.method)]
        if every:
            return max(every, key=lambda one: self._fit(asked, one))
        methods = ("GET", asked.method)
        strange = [e for e in self._spoken if e.request.method in methods and _STRANGE.search(e.request.path)]
        first = asked.path.split("/")[1:2]

        def distance(one: Exchange) -> tuple[bool, bool, int]:
            request = one.request
            return request.method != asked.method, request.path.split("/")[1:2] != first, len(request.path)

        if strange:
            return min(strange, key=distance)
        missing = Response(status=404, reason="Not Found", headers=[("Content-Length", "0")])
        return Exchange(request=Request(method=asked.method, path=asked.path), response=missing)


def _traits(request: Request) -> dict[str, object]:
    origin, accept = request.header("origin"), request.header("accept") or ""
    return {
        "origin": None if origin is None else _foreign(origin),
        "host": _foreign(request.header("host") or ""),
        "auth": any(request.header(name) is not None for name in ("authorization", "x-api-key")),
        "key": request.header("authorization"),
        "preflight": request.header("access-control-request-method") is not None,
        "wishes": request.header("access-control-request-headers") is not None,
        "stream": "text/event-stream" in accept,
        "page": "text/html" in accept,
        "session": request.header("mcp-session-id") is not None,
        "mcp": request.header("mcp-method"),
    }


def _foreign(value: str) -> bool:
    """Whether this Origin or Host is somebody else's name: no address and no local name."""
    if value == "null":
        return True
    try:
        name = urlsplit(value if "://" in value else f"//{value}").hostname or "localhost"
    except ValueError:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return not name.endswith(_LOCAL)
    return False


def _body_fit(asked: str, one: Exchange) -> float:
    recorded = one.request.body
    if asked == recorded:
        return 8.0
    mine, theirs = _fields(asked), _fields(recorded)
    if mine is None or theirs is None:
        return float(not mine and not theirs)
    named = [(fields.get("method"), fields.get("model") or fields.get("name")) for fields in (mine, theirs)]
    if named[0] == named[1] != (None, None):
        return 6.0 - 0.1 * len(mine.keys() ^ theirs.keys())
    # What is known of one model, or one call's result, must never be told of another.
    refused = (one.response.status or 0) >= 400
    return float(mine.keys() == theirs.keys()) if refused else -8.0


def _fields(body: str) -> dict[str, Any] | None:
    if not body:
        return {}
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return value if isinstance(value, dict) else None


def render(found: Exchange, asked: Request, server: str | None = None) -> bytes:
    """The answer's bytes: status, header order and body as recorded, the framing made true to this body.

    A recorded `Transfer-Encoding` becomes a `Content-Length` in its place; a reflected Origin or Host is the asker's;
    `server` names a proxy in front, which puts its own headers first.
    """
    response = found.response
    body = _body(response, asked)
    bodiless = response.status in (204, 304) or found.request.method == "HEAD"
    headers = [_header(name, value, found.request, asked) for name, value in response.headers]
    if not bodiless:
        headers = _framed(headers, len(body), never_ends=response.end is not None)
    if server is not None:
        headers = _behind(headers, server)
    lines = [f"HTTP/{response.version} {response.status} {response.reason}".rstrip()]
    lines += [f"{name}: {value}" for name, value in headers]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")
    return head if bodiless or asked.method == "HEAD" else head + body


def _body(response: Response, asked: Request) -> bytes:
    if not response.echo:
        return response.content()
    path = msgspec.json.encode(asked.path.split("?", 1)[0]).decode()[1:-1]
    return response.body.replace("{method}", asked.method).replace("{path}", path).encode()


def _header(name: str, value: str, recorded: Request, asked: Request) -> tuple[str, str]:
    origin, host = recorded.header("origin"), recorded.header("host")
    if origin is not None and value == origin:
        return name, asked.header("origin") or value
    if host is not None and name.lower() == "location":
        return name, value.replace(f"//{host}/", f"//{asked.header('host')}/")
    return name, value


def _framed(headers: list[tuple[str, str]], size: int, *, never_ends: bool) -> list[tuple[str, str]]:
    framing = ("content-length", "transfer-encoding")
    if never_ends:
        return [pair for pair in headers if pair[0].lower() not in framing]
    framed = [("Content-Length", str(size)) if n.lower() == "transfer-encoding" else (n, v) for n, v in headers]
    framed = [(n, str(size)) if n.lower() == "content-length" else (n, v) for n, v in framed]
    return framed if any(n.lower() == "content-length" for n, _ in framed) else [*framed, ("Content-Length", str(size))]


def _behind(headers: list[tuple[str, str]], server: str) -> list[tuple[str, str]]:
    """Nginx writes its own head first and drops the upstream's hop-by-hop headers (ngx_http_header_filter_module)."""
    own = ("server", "date", "content-type", "content-length", "connection", "keep-alive")
    upstream = {name.lower(): value for name, value in headers if name.lower() in own}
    front = [("Server", server), ("Date", upstream.get("date", "Fri, 20 Nov 2026 21:00:00 GMT"))]
    front += [(name, upstream[name.lower()]) for name in ("Content-Type", "Content-Length") if name.lower() in upstream]
    return [*front, ("Connection", "keep-alive"), *(pair for pair in headers if pair[0].lower() not in own)]
