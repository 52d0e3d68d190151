"""The control socket of one real daemon: every route, who may use it, and what is refused with which remedy."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from daemon.client import Denied
from daemon.wire import (
    Batch,
    ChangeList,
    Event,
    FindingList,
    Paused,
    Reloaded,
    ServiceList,
    SqlAnswer,
    SqlRequest,
    Status,
    Sweep,
    SweepList,
    SweepRequest,
    Taken,
)
from livebom.bom.observation import Fact, Observation
from livebom.bom.parts import PartKind
from tests.daemon.running import Forks, Running
from tests.lab import ROOT, Lab

OLLAMA = "ollama-0.32.15-default"


@pytest.fixture(scope="module")
def daemon(forks: Forks, one_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A daemon that has swept two servers once; one group holds them."""
    places = [one_lab.add(OLLAMA) for _ in range(2)]
    groups = {
        "lab": f"{{include: [{one_lab.prefix}.0/30], ports: '{places[0].port}', zone: lab}}",
        "wide": f"{{include: [{one_lab.prefix}.0/24], ports: 20000-20099}}",
    }
    one = Running(forks, tmp_path_factory.mktemp("daemon"), groups=groups, more="  at_once: 2\n").start()
    try:
        assert one.ended(one.sweep(SweepRequest(groups=("lab",))).id).complete
        yield one
    finally:
        one.close()
        one_lab.clear()


def denied(daemon: Running, method: str, path: str, **more: Any) -> Denied:
    with pytest.raises(Denied) as caught:
        daemon.client.ask(method, path, Status, **more)
    return caught.value


def test_the_status_says_that_all_is_well_and_what_was_not_looked_at(daemon: Running) -> None:
    found = daemon.client.get("/v1/status", Status)
    assert found.well, found.trouble
    assert found.store.open
    assert found.store.snapshot_at is not None
    assert found.config.file == str(daemon.config)
    assert found.last is not None
    assert any("loopback" in words for words in found.not_looked_at)
    assert "admin" in found.role


@pytest.mark.slow
def test_the_same_key_is_the_same_sweep_and_never_another_order(daemon: Running) -> None:
    request = SweepRequest(groups=("lab",))
    first, again = daemon.sweep(request, key="k-1"), daemon.sweep(request, key="k-1")
    assert first.id == again.id
    told = denied(daemon, "POST", "/v1/sweeps", body=SweepRequest(groups=("wide",)), key="k-1")
    assert (told.problem.status, told.problem.remedy) == (422, "use a new key for a new order")
    assert daemon.sweep(request, key="k-2").id != first.id
    daemon.ended(first.id)


def test_a_stream_tells_services_with_their_findings_and_how_it_ended(daemon: Running) -> None:
    sweep = daemon.sweep(SweepRequest(groups=("lab",)))
    lines = list(daemon.client.lines(f"/v1/sweeps/{sweep.id}/events", Event))
    assert lines[-1].state == "done"
    assert lines[-1].complete
    assert {one.sweep for one in lines} == {sweep.id}
    services = [one for one in lines if one.event == "service"]
    assert {one.product for one in services} <= {"ollama"}
    assert daemon.ended(sweep.id).counts["open"] == 2


@pytest.mark.slow
def test_a_sweep_is_cancelled_while_it_runs_and_another_one_while_it_waits(daemon: Running) -> None:
    slow = SweepRequest(groups=("wide",), pace=5)
    running = daemon.sweep(slow)
    events = daemon.client.lines(f"/v1/sweeps/{running.id}/events", Event)
    next(one for one in events if one.event == "progress")
    assert daemon.client.ask("DELETE", f"/v1/sweeps/{running.id}", Sweep).id == running.id
    assert daemon.ended(running.id).state == "cancelled"
    with_pause = daemon.client.ask("PUT", "/v1/pause", Paused)
    assert with_pause.paused
    waiting = daemon.sweep(slow)
    assert daemon.client.ask("DELETE", f"/v1/sweeps/{waiting.id}", Sweep).state == "cancelled"
    assert not daemon.client.ask("DELETE", "/v1/pause", Paused).paused


@pytest.mark.slow
def test_a_pause_holds_a_sweep_where_it_is_and_it_goes_on(daemon: Running) -> None:
    sweep = daemon.sweep(SweepRequest(groups=("wide",), ports="20000-20001", pace=600))
    events = daemon.client.lines(f"/v1/sweeps/{sweep.id}/events", Event)
    next(one for one in events if one.event == "progress")
    daemon.client.ask("PUT", "/v1/pause", Paused)
    held = next(one for one in events if one.event == "state" and one.state != "running")
    assert (held.state, held.said) == ("held", "paused by uid 0")
    assert not daemon.client.get("/v1/status", Status).well
    daemon.client.ask("DELETE", "/v1/pause", Paused)
    done = daemon.ended(sweep.id)
    assert done.complete
    assert done.counts["planned"] == 512


def test_listings_page_and_stream(daemon: Running) -> None:
    page = daemon.client.get("/v1/services", ServiceList, limit=1)
    assert (len(page.services), page.total) == (1, 2)
    rest = daemon.client.get("/v1/services", ServiceList, limit=1, cursor=page.next)
    assert rest.next is None
    streamed = list(daemon.client.lines("/v1/services", dict[str, Any]))
    assert streamed == [*page.services, *rest.services]
    assert {row["product"] for row in streamed} == {"ollama"}
    sweeps = daemon.client.get("/v1/sweeps", SweepList, limit=1)
    assert sweeps.next == sweeps.sweeps[0].id
    findings = daemon.client.get("/v1/findings", FindingList)
    assert findings.total == len(findings.findings) > 0
    assert [one.severity.rank for one in findings.findings] == sorted(one.severity.rank for one in findings.findings)
    assert daemon.client.get("/v1/findings", FindingList, severity="critical").total < findings.total
    changes = daemon.client.get("/v1/changes", ChangeList, since="2020-01-01T00:00:00Z")
    assert changes.total == len(changes.changes)
    gone = denied(daemon, "GET", "/v1/services", query={"cursor": "nobody"})
    assert gone.problem.status == 410


def test_sql_is_answered_from_the_jail_and_refused_for_anything_else(daemon: Running) -> None:
    request = SqlRequest(query="SELECT product, count(*) FROM service GROUP BY ALL")
    found = daemon.client.ask("POST", "/v1/sql", SqlAnswer, body=request)
    assert found.rows == (("ollama", 2),)
    told = denied(daemon, "POST", "/v1/sql", body=SqlRequest(query="DROP TABLE part"))
    assert told.problem.status == 400


def test_a_batch_of_a_collector_is_there_when_it_is_acknowledged(daemon: Running) -> None:
    seen = Observation(
        sweep="-",
        at=daemon.client.get("/v1/status", Status).at,
        surface="host",
        source="proc",
        kind=PartKind.HOST,
        subject="lab/192.0.2.7",
        facts={"hostname": Fact("gpu7")},
    )
    batch = Batch(surface="host", source="proc", scope=("this host",), observations=(seen,))
    taken = daemon.client.ask("POST", "/v1/observations", Taken, body=batch)
    assert taken.observations == 1
    rows = daemon.client.ask(
        "POST",
        "/v1/sql",
        SqlAnswer,
        body=SqlRequest(query="SELECT count(*) FROM part WHERE part_key = 'lab/192.0.2.7'"),
    )
    assert rows.rows == ((1,),)
    wrong = msgspec.to_builtins(batch) | {"observations": [{"kind": "nothing"}]}
    assert denied(daemon, "POST", "/v1/observations", body=wrong).problem.status == 400


def test_metrics_are_what_prometheus_reads(daemon: Running) -> None:
    text = raw(daemon, "GET /v1/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").partition(
        "\r\n\r\n"
    )[2]
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]*"\})? -?[0-9.e+-]+', line) for line in lines), lines
    values = dict(line.rsplit(" ", 1) for line in lines)
    assert float(values['livebom_sweeps_total{outcome="complete"}']) >= 1
    assert float(values["livebom_snapshot_age_seconds"]) < 60
    assert values["livebom_store_open"] == "1"
    assert float(values["livebom_tried_total"]) >= 0
    page = (ROOT / "docs" / "daemon.md").read_text()
    described = set(re.findall(r"^\| `(livebom_[a-z_]+)(?:\{[a-z]+\})?` \|", page, re.MULTILINE))
    assert described == {name.partition("{")[0] for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)}


def test_a_bad_configuration_is_refused_and_the_last_good_one_stays(daemon: Running) -> None:
    good = daemon.config.read_text()
    daemon.config.write_text(good + "  schedules:\n    night: {cron: 61 2 * * *, groups: [lba]}\n")
    told = denied(daemon, "POST", "/v1/config/reload")
    assert told.problem.status == 422
    found = daemon.client.get("/v1/status", Status)
    where = f"{daemon.config}:{len(good.splitlines()) + 2}:"
    assert not found.well
    assert [one.startswith(where) for one in found.config.problems] == [True, True]
    assert "`61` is no minute; it is 0 to 59" in found.config.problems[0]
    assert found.schedules == ()
    daemon.config.write_text(good + "  schedules:\n    night: {cron: 15 2 * * 1-5, groups: [lab]}\n")
    assert daemon.client.ask("POST", "/v1/config/reload", Reloaded).loaded
    found = daemon.client.get("/v1/status", Status)
    assert found.well, found.trouble
    assert [one.name for one in found.schedules] == ["night"]
    daemon.config.write_text(good)
    assert daemon.client.ask("POST", "/v1/config/reload", Reloaded).loaded


def raw(daemon: Running, text: str) -> str:
    """What is answered to bytes that no client of ours would send."""
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(20)
        one.connect(str(daemon.socket))
        one.sendall(text.encode("latin-1"))
        parts = []
        while part := one.recv(65536):
            parts.append(part)
    return b"".join(parts).decode()


CLOSE = "Connection: close\r\n"
STRANGE = [
    ("GET /v1/status HTTP/1.1\r\nHost: evil.example\r\n", 400),
    ("GET /v1/status HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n", 403),
    ("GET /v1/status HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Mode: cors\r\n", 403),
    ("GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\n", 404),
    ("GET /v1/../etc/passwd HTTP/1.1\r\nHost: localhost\r\n", 404),
    ("PATCH /v1/status HTTP/1.1\r\nHost: localhost\r\n", 405),
    ("GET /v1/services?limit=0 HTTP/1.1\r\nHost: localhost\r\n", 400),
    ("GET /v1/services?limit=1&limit=2 HTTP/1.1\r\nHost: localhost\r\n", 400),
    ("GET /v1/status?x=1 HTTP/1.1\r\nHost: localhost\r\n", 400),
    ("GET /v1/changes?since=soon HTTP/1.1\r\nHost: localhost\r\n", 400),
    ("GET /v1/sweeps/ffffffff HTTP/1.1\r\nHost: localhost\r\n", 404),
    ("POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n", 413),
    ("POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n", 415),
    ("POST /v1/sweeps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nIdempotency-Key: a b\r\n", 400),
]


@pytest.mark.parametrize(("head", "status"), STRANGE, ids=[f"{n}-{status}" for n, (_, status) in enumerate(STRANGE)])
def test_what_is_strange_is_a_problem_with_a_status(daemon: Running, head: str, status: int) -> None:
    answer = raw(daemon, f"{head}{CLOSE}\r\n")
    top, _, body = answer.partition("\r\n\r\n")
    assert top.startswith(f"HTTP/1.1 {status} ")
    assert "Content-Type: application/problem+json" in top
    assert json.loads(body)["status"] == status


@pytest.mark.slow
def test_a_target_outside_of_every_group_needs_an_admin(daemon: Running) -> None:
    sweep = daemon.sweep(SweepRequest(targets=("127.250.250.1:9",)))  # root is one
    assert daemon.ended(sweep.id).complete


def test_a_group_that_is_none_is_refused_at_once(daemon: Running) -> None:
    told = denied(daemon, "POST", "/v1/sweeps", body=SweepRequest(groups=("nobody",)))
    assert (told.problem.status, told.problem.remedy) == (400, "the targets file has lab, wide")


def test_the_socket_is_for_its_owner_and_group_only(daemon: Running) -> None:
    assert Path(daemon.socket).stat().st_mode & 0o777 == 0o660
