"""Alerts by syslog over every transport, against servers that listen, break off, hang and lie about who they are."""

import asyncio
import socket
from pathlib import Path

import pytest

from livebom.alerts import Undelivered
from livebom.alerts.rfc5424 import framed, message
from livebom.alerts.syslog import SyslogCarrier
from livebom.bom.alerting import Form, Syslog
from tests.livebom.alerts.made import ORIGIN, one
from tests.livebom.alerts.servers import certificate, serving, stream
from tests.sample import NOW


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


async def carry(sink: Syslog) -> None:
    await SyslogCarrier(sink, ORIGIN).carry(one(), NOW)


async def failure(sink: Syslog) -> str:
    with pytest.raises(Undelivered) as caught:
        await carry(sink)
    return str(caught.value)


async def test_tls_verifies_the_server_and_counts_octets(pem: tuple[Path, Path]) -> None:
    async with stream(serving(pem[1])) as (port, got):
        sink = Syslog(url=f"tls://localhost:{port}", ca=str(pem[0]))
        await carry(sink)
        assert "not trusted" in await failure(Syslog(url=f"tls://localhost:{port}"))
        assert "not trusted" in await failure(Syslog(url=f"tls://127.0.0.1:{port}", ca=str(pem[0])))
    assert [one for one in got if one] == [framed(message(one(), sink, ORIGIN))]


@pytest.mark.parametrize("form", list(Form))
async def test_tcp_counts_octets_in_every_format(form: Form) -> None:
    async with stream() as (port, got):
        sink = Syslog(url=f"tcp://127.0.0.1:{port}", format=form)
        await carry(sink)
    assert got == [framed(message(one(), sink, ORIGIN))]


async def test_a_stream_that_is_reset_is_no_delivery() -> None:
    async with stream(reset=True) as (port, _):
        assert "127.0.0.1: " in await failure(Syslog(url=f"tcp://127.0.0.1:{port}"))


async def test_a_server_that_is_not_there_is_told() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        assert "Connect call failed" in await failure(Syslog(url=f"tcp://127.0.0.1:{port}"))


async def test_a_tls_server_that_never_shakes_hands_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"tls://localhost:{mute.getsockname()[1]}"
        assert "in time" in await failure(Syslog(url=url, deadline=0.1))


async def test_udp_is_one_datagram_and_too_long_a_one_is_hopeless() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        sink = Syslog(url=f"udp://127.0.0.1:{server.getsockname()[1]}", facility="audit")
        await carry(sink)
        assert await asyncio.get_running_loop().sock_recv(server, 65536) == message(one(), sink, ORIGIN)
        assert message(one(), sink, ORIGIN).startswith(b"<106>1 ")
        many = ("\u00e4" * 300,) * 10
        long = one(why=many, where=many, before=list(many), after=list(many))
        with pytest.raises(Undelivered) as caught:
            await SyslogCarrier(Syslog(url=sink.url, format=Form.OCSF), ORIGIN).carry(long, NOW)
        assert caught.value.hopeless


async def test_a_unix_socket_of_datagrams_or_of_streams(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "log"))
        server.settimeout(5)
        sink = Syslog(url=f"unix://{tmp_path}/log")
        await carry(sink)
        assert server.recv(65536) == message(one(), sink, ORIGIN)
    async with stream(path=str(tmp_path / "stream")) as (_, got):
        sink = Syslog(url=f"unix://{tmp_path}/stream")
        await carry(sink)
    assert got == [framed(message(one(), sink, ORIGIN))]
    assert "No such file" in await failure(Syslog(url=f"unix://{tmp_path}/none"))
