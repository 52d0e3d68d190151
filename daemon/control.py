"""The control socket: HTTP/1.1 and JSON, every request limited in size and time, and authorised by who connected."""

import logging
import re
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from urllib.parse import unquote

import anyio
import msgspec
import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from daemon.desk import Desk
from daemon.metrics import metrics
from daemon.peers import Peer, peer_of
from daemon.route import Call, Given, Refused, Route, Text
from daemon.routes import routes
from daemon.wire import Key, Problem
from daemon.worker import Worker
from livebom.bom.text import safe_text

CONNECTIONS = 128
"""At once, of everybody."""
OF_ONE = 64
"""Of them, one account's: whoever holds that many keeps no other account out."""
HEAD = 10.0
"""Seconds for a request's head, from the connection or from the last answer on."""
BODY = 30.0
"""Seconds for its body."""
WRITE = 30.0
"""Seconds for an answer, or for one line of it, to be read."""
_LINE = 8190
_HOSTS = {"localhost", "livebom"}
_LINES = "application/jsonl"
_PROBLEM = "application/problem+json"

_log = structlog.get_logger()


class _Server(web.Server):
    """Closes what says nothing, and does not let too many in."""

    def __init__(self, handler: Any) -> None:
        super().__init__(
            handler,
            handler_cancellation=True,
            access_log=None,
            logger=logging.getLogger("daemon.control"),
            max_line_size=_LINE,
            max_field_size=_LINE,
            max_headers=64,
            auto_decompress=False,
            lingering_time=0.0,
            keepalive_timeout=HEAD,
        )
        self.silent: dict[RequestHandler, tuple[Any, float]] = {}
        """Connections without a request, and since when; the oldest first."""
        self._whose: dict[RequestHandler, int] = {}

    def connection_made(self, handler: Any, transport: Any) -> None:
        """Let it in; where there are too many, the account's oldest that has asked nothing goes, else this one."""
        super().connection_made(handler, transport)
        its = self._whose[handler] = _uid(transport)
        self.silent[handler] = (transport, anyio.current_time())
        if len(self._whose) > CONNECTIONS or sum(one == its for one in self._whose.values()) > OF_ONE:
            gone = next(one for one in self.silent if self._whose.get(one) == its)
            del self._whose[gone]
            _turn_away(self.silent.pop(gone)[0])

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        """It is gone."""
        self.silent.pop(handler, None)
        self._whose.pop(handler, None)
        super().connection_lost(handler, exc)

    async def watch(self) -> None:
        """Close those that have been silent for too long; until cancelled."""
        while True:
            await anyio.sleep(HEAD / 4)
            now = anyio.current_time()
            for transport, since in list(self.silent.values()):
                if now - since > HEAD:
                    transport.abort()


class Control:
    """Serves the routes on sockets that listen already, until cancelled."""

    def __init__(self, desk: Desk, worker: Worker) -> None:
        self.desk, self.worker = desk, worker
        self._paths = [(re.compile(_pattern(one.path)), one) for one in routes()]

    async def serve(self, sockets: list[socket.socket], *, task_status: anyio.abc.TaskStatus[None]) -> None:
        """Serve; `task_status` is told when requests are answered."""
        server = _Server(self._answer)
        self._server = server
        runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await runner.setup()
        try:
            for one in sockets:
                await web.SockSite(runner, one).start()
            task_status.started()
            await server.watch()
        finally:
            with anyio.CancelScope(shield=True):
                await runner.cleanup()

    async def serve_metrics(self, address: str, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        """Tell `/metrics`, and nothing else, to anyone at a loopback address. Raises OSError."""
        host, _, port = address.rpartition(":")

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            if request.method != "GET" or request.path != "/metrics":
                return web.Response(status=404, text="GET /metrics is all there is\n")
            return web.Response(text=await metrics(self.desk), headers={"Content-Type": Text("").kind})

        server = _Server(answer)
        runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, host.strip("[]"), int(port)).start()
            task_status.started()
            await server.watch()
        finally:
            with anyio.CancelScope(shield=True):
                await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The wall: every request gets an answer, and no error of ours gets out of it."""
        self._server.silent.pop(request.protocol, None)
        self.desk.counts["requests"] += 1
        try:
            try:
                return await self._allowed(request)
            except Refused as refused:
                return await self._send(request, _problem(refused.problem))
            except TimeoutError:
                raise
            except Exception as error:  # noqa: BLE001 - the wall
                _log.exception("request failed", method=request.method, path=safe_text(request.path, 200))
                said = Problem(title="an error of livebom's own", status=500, detail=type(error).__name__)
                return await self._send(request, _problem(said))
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=408)
        finally:
            if request.transport is not None:
                self._server.silent[request.protocol] = (request.transport, anyio.current_time())

    async def _allowed(self, request: web.BaseRequest) -> web.StreamResponse:
        _refuse_browsers(request)
        peer = _peer(request)
        roles = self.desk.configuration.access.may(peer)
        route, path = self._routed(request)
        if route.role not in roles:
            self.desk.counts["requests refused"] += 1
            _log.warning("request refused", uid=peer.uid, gid=peer.gid, pid=peer.pid, path=route.path)
            raise Refused(
                403,
                f"uid {peer.uid} has not the role {route.role}",
                f"its roles are: {self.desk.configuration.access.name(peer)}",
                "an administrator grants roles by user or group: `daemon.roles` in livebom.yaml",
            )
        if request.method != "GET":
            _log.info("request", method=request.method, path=request.path, uid=peer.uid, pid=peer.pid)
        wants_lines = route.lines and (_LINES in request.headers.get("Accept", "") or _endless(route))
        call = Call(
            desk=self.desk,
            worker=self.worker,
            peer=peer,
            roles=roles,
            path=path,
            query=_query(request, route),
            body=await _body(request, route),
            key=_idempotency(request, route),
            lines=wants_lines,
        )
        answer = await route.answer(call)
        if isinstance(answer, AsyncIterator):
            return await self._stream(request, answer)
        return await self._send(request, _response(route, answer))

    def _routed(self, request: web.BaseRequest) -> tuple[Route, dict[str, str]]:
        found = [(one, hit) for pattern, one in self._paths if (hit := pattern.fullmatch(request.rel_url.raw_path))]
        if not found:
            raise Refused(404, "there is no such path", remedy="docs/openapi.json lists those that are there")
        for route, hit in found:
            if route.method == request.method:
                return route, {name: unquote(text) for name, text in hit.groupdict().items()}
        raise Refused(405, f"{request.method} is not answered here", remedy=", ".join(one.method for one, _ in found))

    async def _send(self, request: web.BaseRequest, response: web.Response) -> web.Response:
        """Send it whole, to a client who reads."""
        if self.desk.stopping:
            response.force_close()
        with anyio.fail_after(WRITE):
            await response.prepare(request)
            await response.write_eof()
        return response

    async def _stream(self, request: web.BaseRequest, lines: AsyncIterator[Any]) -> web.StreamResponse:
        """Send lines as they come; what goes wrong before the first one is a problem, later the stream ends short."""
        response = web.StreamResponse(headers={"Content-Type": _LINES, "Cache-Control": "no-store"})
        response.force_close()
        encoder = msgspec.json.Encoder()
        async with aclosing(lines) as its:  # type: ignore[type-var]
            first = await anext(its, None)
            with anyio.fail_after(WRITE):
                await response.prepare(request)
                if first is not None:
                    await response.write(encoder.encode(first) + b"\n")
            async for line in its:
                with anyio.fail_after(WRITE):
                    await response.write(encoder.encode(line) + b"\n")
        with anyio.fail_after(WRITE):
            await response.write_eof()
        return response


def _endless(route: Route) -> bool:
    return route.lines and route.path.endswith("events")


def _pattern(path: str) -> str:
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]{1,200})", re.escape(path))


def _uid(transport: Any) -> int:
    """The account at the other end; -1 where the kernel names none, as over TCP."""
    try:
        return peer_of(transport.get_extra_info("socket")).uid
    except OSError:
        return -1


def _turn_away(transport: Any) -> None:
    """Close a connection that asks for nothing, and say why."""
    said = Problem(title="too many connections at once", status=503, remedy="close those that are done with")
    body = msgspec.json.encode(said)
    head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: {_PROBLEM}\r\nContent-Length: {len(body)}\r\n"
    transport.write(f"{head}Connection: close\r\n\r\n".encode() + body)
    if transport.get_write_buffer_size():  # it does not read either
        transport.abort()
    else:
        transport.close()


def _peer(request: web.BaseRequest) -> Peer:
    its = request.transport.get_extra_info("socket") if request.transport is not None else None
    if its is None:
        raise Refused(400, "the connection is gone")
    try:
        return peer_of(its)
    except OSError:
        raise Refused(403, "who connected cannot be told", remedy="connect to the unix socket itself") from None


def _refuse_browsers(request: web.BaseRequest) -> None:
    """No page in a browser may reach us, not even through a proxy that somebody put in front of the socket."""
    if "Origin" in request.headers or any(name.lower().startswith("sec-fetch-") for name in request.headers):
        raise Refused(403, "requests of a browser are not answered", remedy="use `livebom`, or curl --unix-socket")
    host = request.headers.get("Host", "").rpartition(":")[0] or request.headers.get("Host", "")
    if host not in _HOSTS:
        raise Refused(400, "the Host is not ours", remedy="write http://localhost/v1/…")


def _query(request: web.BaseRequest, route: Route) -> Any:
    given: dict[str, str] = {}
    for name, value in request.rel_url.query.items():
        if name in given:
            raise Refused(400, f"`{safe_text(name, 50)}` is given twice")
        given[name] = value
    if route.query is None:
        if given:
            raise Refused(400, f"`{safe_text(next(iter(given)), 50)}` is not understood here")
        return None
    try:
        return msgspec.convert(given, route.query, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(400, "the query is not understood", safe_text(str(error), 500), "see docs/openapi.json") from None


async def _body(request: web.BaseRequest, route: Route) -> Any:
    if route.takes is None:
        return None
    if (request.content_length or 0) > route.most:
        raise _too_long(route)
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(415, "a body that is packed is not read", remedy="send plain JSON")
    parts = bytearray()
    with anyio.fail_after(BODY):
        async for chunk in request.content.iter_any():
            parts += chunk
            if len(parts) > route.most:
                raise _too_long(route)
    try:
        return msgspec.json.decode(parts or b"{}", type=route.takes)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        said = safe_text(str(error), 500)
        raise Refused(400, "the body is not understood", said, "see docs/openapi.json") from None


def _too_long(route: Route) -> Refused:
    return Refused(413, f"the body is longer than {route.most} bytes", remedy="send it in parts")


def _idempotency(request: web.BaseRequest, route: Route) -> str:
    given = request.headers.get("Idempotency-Key", "")
    if not given or not route.keyed:
        return ""
    try:
        found: str = msgspec.convert(given, Key)
    except msgspec.ValidationError:
        raise Refused(400, "the Idempotency-Key is none", remedy="1 to 200 printable ASCII characters") from None
    return found


def _response(route: Route, answer: Any) -> web.Response:
    status = route.status
    if isinstance(answer, Given):
        answer, status = answer.body, answer.status
    if isinstance(answer, Text):
        return web.Response(body=answer.text.encode(), status=status, headers={"Content-Type": answer.kind})
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return web.Response(body=msgspec.json.encode(answer), status=status, headers=headers)


def _problem(said: Problem) -> web.Response:
    headers = {"Content-Type": _PROBLEM, "Cache-Control": "no-store"}
    return web.Response(body=msgspec.json.encode(said), status=said.status, headers=headers)
