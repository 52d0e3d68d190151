"""Alerts by syslog: over TLS, TCP, UDP or a unix socket."""

import asyncio
import errno
import os
import socket
import ssl
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import anyio

from livebom.alerts.addresses import resolved
from livebom.alerts.alert import Alert
from livebom.alerts.carrier import Undelivered
from livebom.alerts.rfc5424 import framed, message
from livebom.alerts.trust import tls_context
from livebom.bom.alerting import Syslog

_LAST_WORD = 2.0
"""Seconds to wait for the other side to end a stream, once ours is ended."""


class SyslogCarrier:
    """The way to one syslog server: one connection per alert, since syslog has no answer that could be waited for.

    A stream is ended properly and the end of the other side awaited: a server that died in between resets it, and then
    the alert is sent again. A datagram is delivered when this host took it.
    """

    def __init__(self, sink: Syslog, origin: str) -> None:
        """`origin` is this host's name."""
        self._sink, self._origin = sink, origin

    async def carry(self, alert: Alert, _at: datetime) -> None:
        """See `Carrier`."""
        url = urlsplit(self._sink.url)
        whole = message(alert, self._sink, self._origin)
        try:
            with anyio.fail_after(self._sink.deadline):
                if url.scheme == "unix":
                    await _unix(url.path, whole)
                else:
                    await self._network(url.scheme, url.hostname or "", url.port or 0, whole)
        except TimeoutError:
            raise Undelivered(f"{self._place} did not take it in time") from None
        except ssl.SSLCertVerificationError:
            raise Undelivered(f"the certificate of {self._place} is not trusted; `ca` names the one to trust") from None
        except OSError as error:
            hopeless = error.errno == errno.EMSGSIZE
            raise Undelivered(f"{self._place}: {_words(error)}", hopeless=hopeless) from None

    @property
    def _place(self) -> str:
        return urlsplit(self._sink.url).hostname or self._sink.url

    async def _network(self, scheme: str, host: str, port: int, whole: bytes) -> None:
        addresses = await resolved(host, port)
        if scheme == "udp":
            _datagram(addresses[0], port, whole)
            return
        context = await anyio.to_thread.run_sync(tls_context, self._sink.ca) if scheme == "tls" else None
        for number, address in enumerate(addresses, start=1):
            try:
                streams = await asyncio.open_connection(
                    address, port, ssl=context, server_hostname=host if context else None
                )
                break
            except OSError:
                if number == len(addresses):
                    raise
        await _streamed(streams, framed(whole))


async def _streamed(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], data: bytes) -> None:
    """Write, end our side, and await the end of theirs; one that keeps it open has at least not reset it."""
    reader, writer = streams
    try:
        writer.write(data)
        await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        with anyio.move_on_after(_LAST_WORD if writer.can_write_eof() else _LAST_WORD / 20):
            while await reader.read(4096):
                pass
    finally:
        writer.close()
        with anyio.CancelScope(shield=True), anyio.move_on_after(1), suppress(OSError, EOFError):
            await writer.wait_closed()


def _datagram(address: str, port: int, whole: bytes) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect((address, port))
        one.send(whole)


async def _unix(path: str, whole: bytes) -> None:
    """As a datagram; where the socket is of streams, framed."""
    try:
        await anyio.to_thread.run_sync(_unix_datagram, path, whole)
    except OSError as error:
        if error.errno != errno.EPROTOTYPE:
            raise
        await _streamed(await asyncio.open_unix_connection(path), framed(whole))


def _unix_datagram(path: str, whole: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.settimeout(5)
        one.connect(path)
        one.send(whole)


def _words(error: Any) -> str:
    """An SSL error's own text holds no more than OpenSSL's reason; a system error's is the system's."""
    return str(error.strerror or os.strerror(error.errno or errno.EIO))
