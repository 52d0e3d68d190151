"""Keys planted wherever a server, a process, a runtime or a cluster can leak one: nothing written has any."""

import base64
import io
import json
import logging
import re
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import duckdb
import msgspec
import pytest
import structlog

import daemon.logs
import livebom.cli.logs
from daemon.wire import SweepRequest
from livebom.export import formats
from tests.daemon.running import Forks, Running
from tests.lab import Lab
from tests.lab_process import Place
from tests.livebom.cli.runner import RATE, Run, runner
from tests.probes.local.apiserver import PODS, ApiServer
from tests.probes.local.fakeengine import container, engine
from tests.probes.local.test_kubernetes import everything, kubeconfig, pod
from tests.recording import load
from tests.secrets.planting import KINDS, Garden, leaking, packed

RECORDINGS = (
    "ollama-0.32.15-default", "vllm-0.32.0-default", "litellm-1.106.2-nokey", "mcp-python-1.30.0-streamable",
    "llama-server-0c1e57098-metrics-props-slots-lora-tools", "a2a-sdk-1.3.0-full", "chromadb-1.5.9",
    "ray-2.60.0-dashboard",
    "mlflow-3.17.2-full", "gradio-6.31.0-full", "jupyter-server-2.21.1-notoken", "synthetic-open-webui-0.12.4-noauth",
    "triton-2.51.0-explicit", "triton-2.51.0-explicit-metrics", "phoenix-20.26.1-open", "langgraph-api-0.16.7-dev",
    "decoy-fastapi-bare-with-v1-models", "decoy-nginx-1.22-static",
)  # fmt: skip
REPORTS = ("jsonl", "table", *sorted(formats("export")))
SLOW = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(tmp_path / "home", monkeypatch)


@pytest.fixture
def garden() -> Garden:
    return Garden()


def served(lab: Lab, folder: Path, garden: Garden) -> list[Place]:
    """Every recording as a server that leaks."""
    paths = [folder / f"{name}.json" for name in RECORDINGS]
    for path in paths:
        path.write_bytes(msgspec.json.encode(leaking(load(path.stem), garden)))
    odd = folder / "packed.json"
    odd.write_bytes(msgspec.json.encode(packed(load("decoy-nginx-1.22-static"), garden)))
    return list(lab.start(map(str, (*paths, odd))).values())


def files(folder: Path, garden: Garden) -> list[str]:
    """Keys in anything below the folder, and in every row of every database and Parquet file of it."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        found += garden.found(data, path.name) + garden.found(unpacked(data), f"{path.name} unpacked")
        if data[8:12] == b"DUCK":
            with duckdb.connect(str(path), read_only=True) as base:
                for (table,) in base.sql("select table_name from duckdb_tables()").fetchall():
                    found += rows(base, f'from "{table}"', garden, f"{path.name} {table}")
        elif path.suffix == ".parquet":
            with duckdb.connect() as base:
                found += rows(base, f"from read_parquet('{path}')", garden, path.name)
    return found


def rows(base: duckdb.DuckDBPyConnection, query: str, garden: Garden, where: str) -> list[str]:
    told = io.BytesIO()
    for row in base.sql(query).fetchall():
        for value in row:
            told.write(value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass"))
            told.write(b"\n")
    return garden.found(told.getvalue(), where)


def unpacked(data: bytes) -> bytes:
    """What zlib or gzip streams in it hold."""
    found = b""
    for match in re.finditer(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]", data):
        try:
            found += zlib.decompressobj(47).decompress(data[match.start() :], 1 << 20)
        except zlib.error:
            continue
    return found


def said(run: Run, garden: Garden, *arguments: object) -> list[str]:
    """Keys in what a verb says on both its outputs."""
    result = run(*arguments)
    assert result.exit_code in {0, 1, 3}, (arguments, result.stderr[-2000:])
    return garden.found(result.stdout_bytes + result.stderr_bytes, " ".join(map(str, arguments[:3])))


def test_what_is_planted_is_found_in_every_form(garden: Garden, tmp_path: Path) -> None:
    """The search itself can find."""
    texts = garden.all("here")
    core = texts[0].removeprefix("sk-proj-")
    tops = (core[::-1], core.encode().hex().upper(), "".join(f"%{ord(one):02X}" for one in core))
    for form in (*tops, *(base64.b64encode(b"." * by + core.encode()).decode() for by in range(3))):
        assert garden.found(f"a.{form}.b".encode(), "x"), form
    (tmp_path / "packed").write_bytes(b"junk" + zlib.compress("\n".join(texts).encode()))
    (tmp_path / "wide").write_bytes(texts[0].encode("utf-16"))
    assert {one.partition(" of ")[0] for one in files(tmp_path, garden)} == {*KINDS, "one"}  # one in base64


@SLOW
def test_nothing_of_a_servers_keys_is_stored_told_or_exported(
    run: Run, lab: Lab, garden: Garden, tmp_path: Path
) -> None:
    places = served(lab, tmp_path, garden)
    home, database = tmp_path / "home", tmp_path / "home" / "its.duckdb"
    targets = [f"{place.host}:{place.port}" for place in places]
    words = ("--db", database)
    found = said(run, garden, "discover", *targets, *words, "--rate", RATE, "-v", "--all", "--format", "jsonl")
    assert len(garden.planted) > 500
    lab.switch(places[0], "decoy-nginx-1.22-static")  # something has changed
    found += said(run, garden, "discover", *targets, *words, "--rate", RATE, "-v", "--all", "-o", home / "a.jsonl")
    named = {row["product"] for row in map(json.loads, (home / "a.jsonl").read_text().splitlines())}
    assert {"vllm", "litellm", "mcp", "triton", "llama-cpp", "jupyter"} & named
    for form in REPORTS:
        if form in formats("export"):
            found += said(run, garden, "export", *words, "--format", form, "-o", home / f"state.{form}")
    verbs = (
        ("services",), ("report",), ("sweeps",), ("findings", "--format", "json"), ("changes", "--since", "1d"),
        ("sql", "select * from part_interval"), ("sql", "select * from content"),
    )  # fmt: skip
    for verb in verbs:
        found += said(run, garden, *verb, *words)
    for target in targets[1:6]:
        found += said(run, garden, "explain", target)
    found += said(run, garden, "backup", home / "backup", *words)
    found += files(home, garden)
    assert not found, found


def test_a_log_line_holds_no_key_even_of_a_failure(garden: Garden, capfd: pytest.CaptureFixture[str]) -> None:
    texts = garden.all("log")
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        for configure in (livebom.cli.logs.configure, daemon.logs.configure):
            configure(verbose=True)
            log = structlog.get_logger()
            for text in texts:
                try:
                    raise ValueError(f"cannot read {text} here")
                except ValueError:
                    log.exception("conversation.failed", error=text)
                log.debug(text)
    finally:
        structlog.configure(**before)
        root.handlers[:], root.level = handlers, level
    told = capfd.readouterr().err
    assert told.count("conversation.failed") == 2 * len(texts)
    assert garden.found(told.encode(), "log") == []


@contextmanager
def over_tls(folder: Path, garden: Garden) -> Iterator[Place]:
    """A server whose certificate names keys."""
    names = ",".join(f"DNS:{garden.plant(kind, 'certificate')}.example" for kind in ("openai", "huggingface", "github"))
    subject = (
        f"/CN={garden.plant('openai', 'subject')}/O={garden.plant('password', 'organisation').replace('=', ' = ')}"
    )
    words = [
        "openssl",
        "req",
        "-x509",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-days",
        "2",
    ]
    words += ["-subj", subject.replace(" = ", "\\="), "-addext", f"subjectAltName={names}"]
    subprocess.run([*words, "-keyout", folder / "k.pem", "-out", folder / "c.pem"], check=True, capture_output=True)
    serve = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-key", "k.pem", "-cert", "c.pem"]
    with (
        (folder / "openssl.log").open("w") as log,
        subprocess.Popen(
            serve, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
        ) as child,
    ):
        assert child.stdout
        told = next(line for line in child.stdout if line.startswith("ACCEPT "))
        yield Place("127.0.0.1", int(told.rpartition(":")[2]))
        child.terminate()


@SLOW
def test_nothing_of_a_certificate_a_process_a_runtime_or_a_cluster(
    run: Run, garden: Garden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = tmp_path / "serve"
    serve.write_text(
        "import socket\ns = socket.create_server(('127.0.0.1', 0))\n"
        "print(s.getsockname()[1], flush=True)\nwhile True:\n    s.accept()\n"
    )
    arguments = [f"--api-key={garden.plant('openai', 'argv')}", "--token", garden.plant("bearer", "argv").split()[-1]]
    arguments += garden.all("argv alone", ("url", "jwt", "password", "query", "pem", "google"))
    variables = {"HF_TOKEN": garden.plant("huggingface", "env"), "PASSWORD": garden.plant("password", "env")[9:]}
    labels = {f"l{number}": text for number, text in enumerate(garden.all("label"))}
    held = [f"V{number}={text}" for number, text in enumerate(garden.all("container env"))]
    of_docker = container(
        Name="/" + garden.plant("github", "container name"),
        Args=["serve", *garden.all("container argv", ("openai", "url", "jwt", "pem", "password"))],
    )
    of_docker["Config"] |= {"Env": held, "Labels": labels, "Image": f"x/{garden.plant('github', 'image')}:1"}
    of_docker["Mounts"] = [{"Source": f"/srv/{garden.plant('huggingface', 'mount')}", "Destination": "/x", "RW": True}]
    of_pod = pod(
        annotations=labels,
        labels={"app": "chat", **{f"k{number}": text for number, text in enumerate(garden.all("pod label"))}},
    )
    of_pod["spec"]["containers"][0]["env"] = [
        {"name": f"E{n}", "value": t} for n, t in enumerate(garden.all("pod env"))
    ]
    of_pod["spec"]["containers"][0]["args"] += garden.all("pod argv")
    answers = {
        "/v1.41/containers/json": [{"Id": of_docker["Id"]}],
        f"/v1.41/containers/{of_docker['Id']}/json": of_docker,
    }
    home = tmp_path / "home"
    with ExitStack() as stack:
        command = ["ollama", "serve", *arguments]
        child = stack.enter_context(
            subprocess.Popen(command, executable=sys.executable, cwd=tmp_path, stdout=subprocess.PIPE, env=variables)
        )
        stack.callback(child.terminate)
        assert child.stdout
        port = int(child.stdout.readline())
        place = stack.enter_context(over_tls(tmp_path, garden))
        address, asked = stack.enter_context(engine(tmp_path / "d", answers))
        api = stack.enter_context(ApiServer({**everything(), PODS: [of_pod]}))
        monkeypatch.setenv("DOCKER_HOST", address)
        monkeypatch.setenv("KUBECONFIG", kubeconfig(tmp_path, server=api.url)["KUBECONFIG"])
        found = []
        for form in REPORTS:
            found += said(
                run, garden, "discover", f"{place.host}:{place.port}", "--local", "--containers", "--kubernetes", "lab",
                "--ports", port, "-v", "--all", "--format", form, "-o", home / f"here.{form}",
            )  # fmt: skip
        found += said(run, garden, "findings", "--format", "json")
        assert any(one.endswith(f"/{of_docker['Id']}/json") for one in asked), asked
        assert PODS in {path.partition("?")[0] for path in api.asked}
    state = (home / "here.json").read_text()
    assert "ollama" in state
    assert "vllm" in state
    assert "[openai-key:" in state
    found += files(home, garden)
    assert not found, found


@SLOW
def test_the_daemon_keeps_and_answers_none(lab: Lab, garden: Garden, tmp_path: Path) -> None:
    places = served(lab, tmp_path, garden)
    include = ", ".join(f"'{place.host}:{place.port}'" for place in places)
    folder = tmp_path / "d"
    folder.mkdir()
    with Forks() as forks:
        one = Running(forks, folder, groups={"lab": f"{{include: [{include}]}}"})
        try:
            one.start()
            assert one.ended(one.sweep(SweepRequest(groups=("lab",))).id).complete
            found = []
            for path in (
                "services",
                "findings",
                "changes?since=2026-01-01T00:00:00Z",
                "sweeps",
                "status",
                "metrics",
                "events",
            ):
                found += garden.found(asked(one.socket, f"/v1/{path}"), path)
            body = json.dumps({"query": "select * from content"}).encode()
            found += garden.found(asked(one.socket, "/v1/sql", body), "sql")
        finally:
            one.close()
    assert one.log.stat().st_size
    found += files(folder, garden)
    assert not found, found


def asked(path: Path, route: str, body: bytes | None = None) -> bytes:
    """What the control socket answers, as it comes, for at most two seconds of it."""
    connection = HTTPConnection("localhost", timeout=2)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(2)
    connection.sock.connect(str(path))
    told = b""
    try:
        connection.request("GET" if body is None else "POST", route, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 200, (route, answer.read(500))
        while piece := answer.read1(1 << 20):
            told += piece
    except TimeoutError:  # the events go on
        pass
    finally:
        connection.close()
    return told
