"""`livebom discover` of this host, through its front door."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from livebom.bom.document import Document
from livebom.bom.parts import PartKind
from tests.lab import Lab
from tests.livebom.cli.runner import Run, runner

SERVE = """
import http.server, sys
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with a home of its own."""
    return runner(tmp_path, monkeypatch)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A real process that is called `ollama serve` and listens on loopback."""
    (tmp_path / "serve").write_text(SERVE)
    seen = {"OLLAMA_ORIGINS": "*"}
    command = ["ollama", "serve"]
    with subprocess.Popen(command, executable=sys.executable, cwd=tmp_path, stdout=subprocess.PIPE, env=seen) as child:
        assert child.stdout is not None
        yield int(child.stdout.readline())
        child.terminate()


@pytest.mark.slow
def test_without_a_target_this_host_is_looked_at_and_remembered(run: Run, port: int, tmp_path: Path) -> None:
    out = tmp_path / "here.json"
    result = run("discover", "--ports", port, "-q", "-o", out)
    assert result.exit_code in {0, 3}, result.stderr
    document = msgspec.json.decode(out.read_bytes(), type=Document)
    keys = {part.key for part in document.parts if part.kind is PartKind.SERVER}
    [server] = [key for key in keys if key.endswith(f"/127.0.0.1/ollama#{port}")]
    assert server.startswith("machine:")
    findings = {part.key for part in document.parts if part.kind is PartKind.FINDING}
    assert f"ollama-cors-any-origin@{server}" in findings
    again = run("discover", "--local", "--ports", port, "-q", "--format", "jsonl")
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert [(one["product"], one["host"]) for one in lines if one["port"] == port] == [("ollama", "127.0.0.1")]
    told = run("findings", "--format", "json")
    assert "ollama-cors-any-origin" in told.stdout


@pytest.mark.slow
def test_what_listens_on_this_host_names_its_models_and_is_asked_once(run: Run, lab: Lab) -> None:
    place = lab.add("vllm-0.32.0-default", port=18_345)
    words = ("discover", "--ports", place.port, "--no-store", "-q", "--format", "jsonl")
    look = (*words, "--local")
    lines = [json.loads(text) for text in run(*look).stdout.splitlines()]  # other tests serve on this host too
    [line] = [one for one in lines if one["host"] == place.host]
    assert (line["port"], line["product"]) == (place.port, "vllm")
    assert line["zone"].startswith("machine:")
    assert line["models"]
    alone = len(lab.requests(place))
    assert alone > 3
    lab.forget(place)
    lines = [json.loads(text) for text in run(*look, place.host).stdout.splitlines()]
    [swept] = [one for one in lines if one["host"] == place.host]
    assert (swept["zone"], swept["models"]) == ("default", line["models"])
    assert len(lab.requests(place)) == alone
    lab.forget(place)
    run(*look, "--exclude", place.host)
    assert lab.requests(place) == []


def test_the_options_are_told_in_help(run: Run) -> None:
    shown = run("discover", "--help").stdout
    assert "--local" in shown
    assert "--containers" in shown


def test_hashing_needs_a_look_at_this_host(run: Run) -> None:
    told = run("discover", "127.0.0.1", "--ports", 18_346, "--hash", "--dry-run")
    assert told.exit_code == 2
    assert "add --local" in told.stderr
    assert run("discover", "127.0.0.1", "--ports", 18_346, "--local", "--hash", "--dry-run").exit_code == 0
