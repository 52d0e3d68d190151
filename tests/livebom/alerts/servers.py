"""Servers on loopback that alerts are delivered to, and a certificate that only a test trusts."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and with its key in one file."""
    key, made, both = folder / "key.pem", folder / "certificate.pem", folder / "both.pem"
    argv = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    argv += ["-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*argv, "-keyout", key, "-out", made], check=True, capture_output=True, timeout=30)
    both.write_text(key.read_text() + made.read_text())
    return made, both


def serving(both: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


@asynccontextmanager
async def http(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A web server that answers everything by that handler; yields its port."""
    application = web.Application(client_max_size=1 << 20)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    try:
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


class Hook:
    """A webhook that keeps what it gets and answers as it is told."""

    def __init__(self, *statuses: int, headers: dict[str, str] | None = None) -> None:
        """Answer with these in turn, the last for ever; 200 without any."""
        self.statuses, self.headers = list(statuses) or [200], headers or {}
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    async def __call__(self, request: web.Request) -> web.Response:
        self.got.append((request.path_qs, {k.lower(): v for k, v in request.headers.items()}, await request.read()))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.Response(status=status, headers=self.headers, text="secret words of the other side")


async def never(_request: web.Request) -> web.Response:
    """Takes the request and does not answer."""
    await asyncio.sleep(30)
    return web.Response()


@asynccontextmanager
async def stream(
    context: ssl.SSLContext | None = None, path: str | None = None, reset: bool = False
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A syslog server of streams; yields its port and what each connection sent. `reset`: it breaks every one off."""
    got: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reset:
            writer.transport.abort()
            return
        got.append(await reader.read())
        writer.close()

    if path is not None:
        server: asyncio.Server = await asyncio.start_unix_server(take, path)
        port = 0
    else:
        server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
    async with server:
        yield port, got
