"""A real daemon sees this host: what starts is known within seconds, and nothing that hangs or is absent holds it."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, TypeVar

import msgspec
import pytest

from daemon import rhythm
from daemon.client import Denied
from daemon.collector import plain
from daemon.configuration import read_configuration
from daemon.handed import HandedOver, TakenOver
from daemon.handed import wrong as reason
from daemon.near import HASHING
from daemon.planning_local import hashing_of
from daemon.wire import ServiceList, SqlAnswer, SqlRequest, Status, Sweep, SweepList, SweepRequest
from livebom.settings import LocalEntry
from livebom.surfaces import Looked, Workload, load_catalog
from probes.local.weights.shapes import CachedModel, Header, Stock, WeightsFile
from probes.local.workload import Socket
from tests.daemon.running import Forks, Running
from tests.lab import ROOT
from tests.probes.local.apiserver import PODS, ApiServer
from tests.probes.local.fakeengine import ID, container, engine
from tests.probes.local.shapes import AT, docker
from tests.probes.local.test_kubernetes import everything, pod

T = TypeVar("T")
V = "/v1.41"
OLLAMA = """
import http.server, json
class Ollama(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        told = {"/": b"Ollama is running", "/api/version": b'{"version":"0.12.6"}', "/api/tags": b'{"models":[]}'}
        body = told.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ollama)
print(server.server_port, flush=True)
server.serve_forever()
"""


def until(told: Callable[[], T | None], seconds: float = 15.0) -> T:
    """What it tells, once it tells something."""
    end = time.monotonic() + seconds
    while True:
        if found := told():
            return found
        assert time.monotonic() < end, "it never came"
        subprocess.run(["sleep", "0.1"], check=True)


@contextmanager
def daemon(forks: Forks, folder: Path, local: str, **environment: str) -> Iterator[Running]:
    """One with that section `local`; no port of a product is asked, so that no other server of this machine is."""
    folder.mkdir()
    one = Running(forks, folder, groups={"none": "{include: [127.9.9.9], ports: '9'}"})
    one.configure(f"  local: {local}\n", top=f"ports_never: {sorted(load_catalog().ports)}\n")
    try:
        yield one.start(**environment)
    finally:
        one.close()


@pytest.fixture
def ollama(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """A process that is called as Ollama is: its id and its port."""
    (tmp_path / "serve").write_text(OLLAMA)
    with subprocess.Popen(
        ["ollama", "serve"], executable=sys.executable, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.pid, int(process.stdout.readline())
        finally:
            process.kill()


def ports(one: Running) -> set[int]:
    return {row["port"] for row in one.client.get("/v1/services", ServiceList).services}


def looks(one: Running) -> list[Sweep]:
    """The looks at this host that ended."""
    its = one.client.get("/v1/sweeps", SweepList).sweeps
    return [sweep for sweep in its if sweep.request.local and sweep.state.over]


def answers(listed: list[Any], events: Any, **bodies: Any) -> dict[str, Any]:
    """Docker's API with these containers."""
    told = {f"{V}/containers/{id_}/json": body for id_, body in bodies.items()}
    return {f"{V}/containers/json": listed, f"{V}/events": events, **told}


@pytest.mark.slow
def test_a_container_that_starts_is_a_service_within_seconds(
    forks: Forks, tmp_path: Path, ollama: tuple[int, int]
) -> None:
    pid, port = ollama
    events: Queue[Any] = Queue()
    started = container(
        State={"Status": "running", "Pid": pid}, Path="ollama", Args=["serve"], Mounts=[],
        Config={"Image": "ollama/ollama:0.12.6", "Env": []}, HostConfig={"NetworkMode": "host"},
        NetworkSettings={"Networks": {}, "Ports": {}},
    )  # fmt: skip
    listed: list[Any] = []
    api = answers(listed, events, **{ID: started})
    with engine(tmp_path / "docker", api) as (address, _):
        section = "{sources: [containers], every: 1h, jitter: 0s, stale_after: 2h}"
        with daemon(forks, tmp_path / "d", section, DOCKER_HOST=address) as one:
            until(lambda: one.client.get("/v1/status", Status).local.last)
            until(lambda: any(w.state == "watched" for w in one.client.get("/v1/status", Status).local.watched))
            until(lambda: len(looks(one)) >= 2)  # the one at the start, and the one since events are heard
            assert port not in ports(one)
            handed = HandedOver(collector="host", looked=(_process(pid, port),))
            listed.append({"Id": ID})
            began = time.monotonic()
            events.put({"Type": "container", "Action": "start", "Actor": {"ID": ID}})
            until(lambda: one.client.get("/v1/findings", dict[str, Any])["total"])
            assert time.monotonic() - began < 8
            assert one.client.get("/v1/status", Status).local.watched[0].heard == 1
            one.client.ask("POST", "/v1/workloads", TakenOver, body=handed)
            until(lambda: port in ports(one))
            row = next(row for row in one.client.get("/v1/services", ServiceList).services if row["port"] == port)
            assert row["product"] == "ollama"
            events.put(None)


def _process(pid: int, port: int) -> Looked:
    ran = Workload(
        source="process", id=f"{pid}@1", pid=pid, argv=("ollama", "serve"), exe="/usr/bin/ollama", network="host",
        sockets=(Socket(host="127.0.0.1", port=port),),
    )  # fmt: skip
    return Looked(source="process /proc", workloads=(ran,))


@pytest.mark.slow
def test_an_engine_that_hangs_holds_nobody(forks: Forks, tmp_path: Path) -> None:
    """Neither who asks, nor a sweep of the network, nor the end; that it was not seen is told."""
    with engine(tmp_path / "docker", answers([{"Id": ID}], "hang", **{ID: "hang"})) as (address, asked):
        section = "{sources: [containers], every: 1h, jitter: 0s, stale_after: 2h}"
        with daemon(forks, tmp_path / "d", section, DOCKER_HOST=address) as one:
            until(lambda: any(path.endswith("/json") and ID in path for path in asked))
            assert one.ended(one.sweep(SweepRequest(groups=("none",))).id).state == "done"
            assert one.client.get("/v1/status", Status).local.last is None, "the sweep waited for the look"
            last = until(lambda: one.client.get("/v1/status", Status).local.last, 40.0)
            assert (last.state, last.complete) == ("done", False)
            assert ID[:12] in last.said
            until(lambda: not one.client.get("/v1/status", Status).running)
            one.client.ask("POST", "/v1/sweeps", Sweep, body=SweepRequest(local=True))
            until(lambda: one.client.get("/v1/status", Status).running)
            began = time.monotonic()
            assert one.end() == 0
            assert time.monotonic() - began < 8


@pytest.mark.slow
def test_an_engine_that_hangs_does_not_hold_the_end_of_the_process(forks: Forks, tmp_path: Path) -> None:
    """Of a whole process: Python waits at its end for the threads of executors."""
    one = Running(forks, tmp_path, groups={"none": "{include: [127.9.9.9], ports: '9'}"})
    one.configure("  local: {sources: [containers]}\n", top=f"ports_never: {sorted(load_catalog().ports)}\n")
    with engine(tmp_path / "docker", answers([{"Id": ID}], "hang", **{ID: "hang"})) as (address, asked):
        words, environment = [sys.executable, "-m", "livebom", "daemon"], {**one.environment, "DOCKER_HOST": address}
        with subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
            until(lambda: any(path.endswith("/json") and ID in path for path in asked))
            process.terminate()
            assert process.wait(8) == 0
    one.close()


@pytest.mark.slow
async def test_looks_that_come_in_a_burst_become_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rhythm, "GAP", 0.01)
    monkeypatch.setattr(rhythm, "REFILL", 0.4)
    its, times = rhythm.Rhythm(), []
    for _ in range(rhythm.BURST + 2):
        its.wake()
        await its.due(60, 0)
        its.done(0.0)
        times.append(time.monotonic())
    assert times[rhythm.BURST - 1] - times[0] < 0.35
    assert times[-1] - times[rhythm.BURST - 1] > 0.6
    its.done(0.3)
    its.wake()
    await its.due(60, 0)
    assert time.monotonic() - times[-1] >= 0.3


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"every": "5s"}, "at least 10s"), ({"jitter": "6m"}, "at most `every`"), ({"stale_after": "5m"}, "together"),
     ({"sources": ["disks"]}, "Invalid enum value")],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert(given, LocalEntry)


@pytest.mark.slow
def test_an_absent_engine_is_one_quiet_fact_and_is_heard_when_it_comes(forks: Forks, tmp_path: Path) -> None:
    path = tmp_path / "docker"
    section = "{sources: [containers], every: 1h, jitter: 0s, stale_after: 2h}"
    with daemon(forks, tmp_path / "d", section, DOCKER_HOST=f"unix://{path}") as one:
        last = until(lambda: one.client.get("/v1/status", Status).local.last)
        assert (last.state, last.complete) == ("done", True)
        status = one.client.get("/v1/status", Status)
        assert (status.well, status.happened) == (True, ())
        assert "absent" in {its.state for its in status.local.watched}
        events: Queue[Any] = Queue()
        with engine(path, answers([], events)):
            until(lambda: "watched" in {its.state for its in one.client.get("/v1/status", Status).local.watched}, 30.0)
            until(lambda: len(looks(one)) > 1)
            events.put(None)


@pytest.mark.slow
def test_a_pod_that_comes_is_looked_at_within_seconds(forks: Forks, tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    with ApiServer({**everything(), PODS: []}) as api:
        config.write_text(
            f"clusters: [{{name: c, cluster: {{server: '{api.url}'}}}}]\nusers: [{{name: u, user: {{}}}}]\n"
            "contexts: [{name: lab, context: {cluster: c, user: u}}]\n"
        )
        section = "{kubernetes: [lab, nobody], every: 1h, jitter: 0s, stale_after: 2h}"
        with daemon(forks, tmp_path / "d", section, KUBECONFIG=str(config)) as one:
            until(lambda: len(looks(one)) >= 2)
            assert not _parts(one, "container")
            api.objects[PODS] = [pod()]
            api.watches.append([{"type": "ADDED", "object": pod(resourceVersion="8")}])
            until(lambda: _parts(one, "container"), 10.0)
            local = one.client.get("/v1/status", Status).local
            assert [(its.place, its.state) for its in local.watched] == [("kubernetes lab", "watched")]
            assert local.last is not None
            assert "nobody" in local.last.said  # a context that is not there takes nothing from the other one


@pytest.mark.slow
def test_a_collector_hands_over_and_is_missed_when_it_falls_silent(forks: Forks, tmp_path: Path) -> None:
    with engine(tmp_path / "docker", answers([{"Id": ID}], [], **{ID: container()})) as (address, _):
        section = "{every: 10s, jitter: 0s, stale_after: 10s}"
        with daemon(forks, tmp_path / "d", section) as one:
            done = cli(one, "collect", "containers", "--once", DOCKER_HOST=address)
            assert done.returncode == 0, done.stderr
            [collector] = one.client.get("/v1/status", Status).local.collectors
            assert (collector.name, collector.counts, collector.workloads) == ("containers", True, 1)
            parts = until(lambda: _parts(one, "container"))
            assert parts == [f"docker:{ID}"]
            until(lambda: one.client.get("/v1/status", Status).trouble, 30.0)
            status = one.client.get("/v1/status", Status)
            assert status.trouble[0].startswith("the collector containers handed over nothing since ")
            assert _parts(one, "container") == parts  # what nobody looked for is not gone
            done = cli(one, "status")
            assert done.returncode == 1
            assert re.search(r"^this host .*collector containers MISSED, [0-9]+ s ago$", done.stdout, re.MULTILINE)
            assert cli(one, "sweep", "--local", "--wait").returncode == 3  # it is told as not seen
            assert "--local stands alone" in cli(one, "sweep", "--local", "--group", "none").stderr
            one.end()
            one.start()
            assert one.client.get("/v1/status", Status).trouble == status.trouble


def cli(one: Running, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What the command line comes to, beside that daemon."""
    command = [sys.executable, "-m", "livebom", *words]
    environment = {**one.environment, **environment}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment, timeout=50)


def _parts(one: Running, kind: str) -> list[str]:
    query = SqlRequest(query="SELECT part_key FROM part WHERE kind = $kind", parameters={"kind": kind})
    try:
        return [str(row[0]) for row in one.client.ask("POST", "/v1/sql", SqlAnswer, body=query).rows]
    except Denied:
        return []


@pytest.mark.parametrize(("rows", "read"), [("[]", False), ('[{begins: "00:00", ends: "00:00"}]', True)])
def test_files_are_hashed_in_the_quiet_hours_only(tmp_path: Path, rows: str, read: bool) -> None:
    file = tmp_path / "livebom.yaml"
    file.write_text(f"daemon: {{targets: {tmp_path}/none.yaml, local: {{quiet_hours: {rows}}}}}\n")
    found = read_configuration({}, {"LIVEBOM_CONFIG": str(file), "HOME": str(tmp_path)})
    how = hashing_of(found, {"HOME": str(tmp_path)})
    assert (how.read, how.seconds) == (read, HASHING)


UNFIT = {
    "a port": {"sockets": [{"host": "127.0.0.1", "port": 1 << 40}]},
    "an id": {"id": "../etc"},
    "another source": {"source": "kubernetes"},
    "a process id": {"pid": -1},
}


@pytest.mark.parametrize("wrong", UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    told = {"source": "docker", "id": ID, **wrong}
    body = {"collector": "c", "looked": [{"source": "docker x", "workloads": [told]}]}
    assert reason(msgspec.convert(body, HandedOver))
    assert not reason(msgspec.convert(body | {"looked": [{"source": "docker x", "workloads": []}]}, HandedOver))


def test_what_is_handed_over_arrives_as_it_was_told() -> None:
    file = WeightsFile(path="/m/a.gguf", name="a.gguf", format="gguf", bytes=7, header=Header(parameters=1 << 40))
    model = CachedModel(cache="folder", path="/m", name="m", files=(file,), users=(ID,))
    ran = docker(started=AT, secrets=(("argv[3]", "openai-key"),), sockets=(Socket(host="::", port=8000),))
    looked = (Looked(source="docker unix:///x", workloads=(ran,), not_seen=("one",), complete=False),)
    handed = HandedOver(collector="containers", looked=looked, stock=Stock(models=(model,)))
    assert msgspec.json.decode(plain(handed), type=HandedOver) == handed
    assert not reason(handed)


def test_names_that_are_no_text_are_handed_over_all_the_same() -> None:
    one = Workload(source="process", id="7@7", argv=("caf\udce9",), exe="/opt/caf\udce9")
    body = plain(HandedOver(collector="host", looked=(Looked(source="process /proc", workloads=(one,)),)))
    [looked] = msgspec.json.decode(body, type=HandedOver).looked
    assert looked.workloads[0].argv == ("caf?",)


@pytest.mark.root
def test_only_a_collector_hands_over_and_it_may_do_nothing_else() -> None:
    """In a folder beside those of pytest, which every run of it closes to other accounts anew."""
    code = (
        "from pathlib import Path\n"
        "from daemon.client import Client, Denied; from daemon.handed import HandedOver, TakenOver\n"
        "from daemon.wire import Status; from livebom.surfaces import Looked\n"
        "client = Client(Path({socket!r}))\n"
        "handed = HandedOver(collector='host', looked=(Looked(source='docker x'),))\n"
        "for ask in (('POST', '/v1/workloads', TakenOver, handed), ('GET', '/v1/status', Status, None)):\n"
        "    try: print(type(client.ask(*ask[:3], body=ask[3])).__name__)\n"
        "    except Denied as error: print(error.problem.title)\n"
    )
    with Forks() as forks, tempfile.TemporaryDirectory(prefix="livebom-near-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        one = Running(forks, folder, groups={"none": "{include: [127.9.9.9], ports: '9'}"})
        one.configure("  roles:\n    collector: {users: [4242], groups: []}\n")
        try:
            one.start()
            one.socket.chmod(0o666)

            def said(uid: int) -> list[str]:
                words = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", sys.executable, "-c"]
                done = subprocess.run(
                    [*words, code.format(socket=str(one.socket))],
                    cwd=ROOT,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=50,
                )
                assert done.returncode == 0, done.stderr
                return done.stdout.splitlines()

            assert said(4242) == ["TakenOver", "uid 4242 has not the role read"]
            assert said(4243) == ["uid 4243 has not the role collector", "uid 4243 has not the role read"]
        finally:
            one.close()
