"""The sockets and bytes under the replay: listening, TLS, reading a request, playing a raw peer."""

import asyncio
import socket
import ssl
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from tests.recording import Request, Response, flow_bytes

MOST_SECONDS = 30.0
"""How long a raw peer goes on, sending or silent."""
MOST_BYTES = 20 << 20
"""How much one goes on to send."""


def listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        listening.bind((host, port))
        listening.listen(512)
    except OSError:
        listening.close()
        raise
    return listening


def make_context() -> ssl.SSLContext:
    """A server's context with a certificate made for the occasion."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
        names_of_it = "subjectAltName=DNS:lab.livebom.test,IP:127.0.0.1"
        make = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        make += ["-days", "2", "-subj", "/CN=lab.livebom.test", "-addext", names_of_it]
        subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=30)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    return context


async def open_streams(
    accepted: socket.socket, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, accepted, ssl=context)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def wait_readable(accepted: socket.socket) -> None:
    """Wait for the first byte without reading it, so that TLS can still be begun."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    accepted.setblocking(False)
    loop.add_reader(accepted, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(accepted)


async def read_request(reader: asyncio.StreamReader) -> Request:
    head = parse_request(await reader.readuntil(b"\r\n\r\n"))
    size = int(head.header("content-length") or 0)
    body = await reader.readexactly(size) if size else b""
    return Request(method=head.method, path=head.path, headers=head.headers, body=body.decode("utf-8", "replace"))


def parse_request(data: bytes) -> Request:
    """A request from its bytes; anything but HTTP/1 is one without a method, its bytes as the body."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/"):
        return Request(method="", path="", body=data.decode("latin-1"))
    pairs = [line.partition(":") for line in lines]
    headers = [(name.strip(), value.strip()) for name, _, value in pairs]
    return Request(method=parts[0], path=parts[1], headers=headers, body=body.decode("utf-8", "replace"))


async def play(response: Response, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a raw peer's bytes, then end as it did."""
    writer.write(response.raw())
    await writer.drain()
    if response.flow:
        await _pour(response, writer)
    if response.end == "wait":
        await wait_for_end(reader)
    elif response.end == "reset":
        reset(writer.get_extra_info("socket"))
        writer.transport.abort()


async def _pour(response: Response, writer: asyncio.StreamWriter) -> None:
    assert response.flow is not None
    sent, until = 0, time.monotonic() + MOST_SECONDS
    for chunk in flow_bytes(response.flow):
        writer.write(chunk)
        async with asyncio.timeout(max(0.0, until - time.monotonic())):
            await writer.drain()
        sent += len(chunk)
        if sent >= MOST_BYTES or time.monotonic() >= until:
            break
        await asyncio.sleep(response.flow.pause)


async def wait_for_end(reader: asyncio.StreamReader) -> None:
    """Stay silent until the other side has gone, but not for ever."""
    async with asyncio.timeout(MOST_SECONDS):
        while await reader.read(1 << 16):
            pass


def reset(accepted: socket.socket) -> None:
    """Make the coming close send RST and not FIN."""
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
