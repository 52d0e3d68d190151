"""Alerts on this host: journald's own protocol, and a file that is rotated, locked, full or not what it seems."""

import array
import fcntl
import json
import os
import resource
import socket
import stat
from pathlib import Path

import pytest
from msgspec import structs

from livebom.alerts import Undelivered
from livebom.alerts.file import FileCarrier
from livebom.alerts.formats import written
from livebom.alerts.journal import JournalCarrier, entry
from livebom.bom.alerting import File, Form, Journald
from tests.livebom.alerts.made import ORIGIN, one
from tests.sample import NOW


async def append(path: Path, name: str = "vllm", form: Form = Form.JSON) -> None:
    await FileCarrier(File(path=str(path), format=form), ORIGIN).carry(one(name=name), NOW)


async def refused(path: Path) -> str:
    with pytest.raises(Undelivered) as caught:
        await append(path)
    return str(caught.value)


async def test_a_file_gets_a_line_for_each_alert_closed_to_others(tmp_path: Path) -> None:
    path, old = tmp_path / "alerts.jsonl", os.umask(0)
    try:
        await append(path)
    finally:
        os.umask(old)
    await append(path, "x\ny")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    lines = path.read_text().splitlines()
    assert [json.loads(line)["change"]["name"] for line in lines] == ["vllm", "x\ny"]


@pytest.mark.parametrize("form", list(Form))
async def test_a_file_may_have_any_format(tmp_path: Path, form: Form) -> None:
    await append(tmp_path / "alerts", form=form)
    assert (tmp_path / "alerts").read_text() == written(one(), form, ORIGIN) + "\n"


async def test_a_file_that_was_rotated_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    await append(path)
    path.rename(tmp_path / "alerts.jsonl.1")
    await append(path)
    assert path.read_text() == (tmp_path / "alerts.jsonl.1").read_text()


async def test_half_a_line_of_somebody_who_died_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text('{"half')
    await append(path)
    half, whole = path.read_text().splitlines()
    assert half == '{"half'
    assert json.loads(whole)["event"] == "auth.removed"


async def test_a_disk_that_takes_half_a_line_keeps_none_of_it(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    await append(path)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, limits[1]))
    try:
        told = await refused(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "File too large" in told
    assert path.read_bytes() == before


async def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "fifo")
    assert "symbolic links" in await refused(tmp_path / "link")
    assert "no regular file" in await refused(tmp_path / "fifo")
    assert "No such file" in await refused(tmp_path / "none" / "alerts")
    assert not (tmp_path / "elsewhere").exists()


async def test_a_locked_file_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    await append(path)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "locked" in await refused(path)
    await append(path)
    assert len(path.read_text().splitlines()) == 2


async def test_the_journal_gets_an_entry(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "socket"))
        server.settimeout(5)
        await JournalCarrier(Journald(socket=str(tmp_path / "socket")), ORIGIN).carry(one(), NOW)
        assert server.recv(65536) == entry(one(), ORIGIN)


async def test_an_entry_too_large_for_a_datagram_is_handed_over_sealed(tmp_path: Path) -> None:
    large = structs.replace(one(), text="\u00e4" * 300_000)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "socket"))
        server.settimeout(5)
        await JournalCarrier(Journald(socket=str(tmp_path / "socket")), ORIGIN).carry(large, NOW)
        data, ancillary, _, _ = server.recvmsg(65536, socket.CMSG_SPACE(array.array("i").itemsize))
    [(_, kind, handles)] = ancillary
    assert (data, kind) == (b"", socket.SCM_RIGHTS)
    with os.fdopen(array.array("i", handles)[0], "rb") as file:
        seals = fcntl.fcntl(file, fcntl.F_GET_SEALS)
        file.seek(0)
        assert file.read() == entry(large, ORIGIN)
    assert seals == fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


async def test_a_journal_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Undelivered, match="No such file"):
        await JournalCarrier(Journald(socket=str(tmp_path / "none")), ORIGIN).carry(one(), NOW)


async def test_a_journal_that_takes_nothing_is_left_at_the_deadline(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "socket"))
        carrier = JournalCarrier(Journald(socket=str(tmp_path / "socket"), deadline=0.05), ORIGIN)
        with pytest.raises(Undelivered, match="in time"):
            await fill(carrier)


async def fill(carrier: JournalCarrier) -> None:
    for _ in range(2000):
        await carrier.carry(one(), NOW)
