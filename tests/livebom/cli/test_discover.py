"""`livebom discover` through its front door, against replayed servers on loopback."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from livebom.bom.document import Document
from livebom.bom.parts import PartKind
from livebom.export.lines import Line
from tests.lab import ROOT, Lab
from tests.livebom.cli.runner import RATE, Run, discovered, runner

OLLAMA = "ollama-0.32.15-default"
VLLM_KEYED = "vllm-0.32.0-cpu-apikey"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with a home of its own."""
    return runner(tmp_path, monkeypatch)


def test_a_line_has_the_promised_fields_and_null_for_what_is_unknown(run: Run, lab: Lab) -> None:
    place = lab.add(VLLM_KEYED)
    [line] = discovered(run, f"{place.host}:{place.port}")
    promised = [
        "host", "port", "scheme", "product", "version", "version_source", "score", "stack", "auth", "models",
        "findings", "requests", "outcome", "at",
    ]  # fmt: skip
    assert list(line)[: len(promised)] == promised
    assert (line["host"], line["port"], line["scheme"], line["outcome"]) == (place.host, place.port, "http", "ok")
    assert line["product"] == "vllm"
    assert line["auth"] in {"required", "partial"}
    assert line["models"] is None
    assert line["at"].endswith("Z")
    assert line["requests"] == len(lab.requests(place))
    msgspec.convert(line, Line)


def test_the_document_can_be_read_back_and_holds_the_server(run: Run, lab: Lab, tmp_path: Path) -> None:
    place = lab.add(OLLAMA)
    out = tmp_path / "bom.json"
    assert run("discover", f"{place.host}:{place.port}", "--no-store", "-q", "-o", out).exit_code == 0
    document = msgspec.json.decode(out.read_bytes(), type=Document)
    kinds = [part.kind for part in document.parts]
    assert document.livebom == 1
    assert document.surface == "runtime"
    assert document.complete
    assert kinds.count(PartKind.SERVER) == 1
    assert kinds.count(PartKind.LISTENER) == 1
    assert {edge.source for edge in document.edges} <= {part.id for part in document.parts}
    assert any(evidence.digest for o in document.observations for evidence in o.evidence)


def test_the_suffix_chooses_the_format_and_nothing_half_written_stays(run: Run, lab: Lab, tmp_path: Path) -> None:
    place = lab.add(OLLAMA)
    run("discover", f"{place.host}:{place.port}", "--no-store", "-q", "-o", tmp_path / "found.jsonl")
    assert json.loads((tmp_path / "found.jsonl").read_text())["product"] == "ollama"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".found")] == []


def test_a_dry_run_sends_nothing(run: Run, lab: Lab) -> None:
    place = lab.add(OLLAMA)
    result = run("discover", f"{place.host}/30", "--ports", place.port, "--dry-run")
    assert result.exit_code == 0
    assert "addresses  4" in result.stdout
    assert lab.connections(place) == []


def test_every_bad_target_is_told_with_its_line_and_nothing_is_sent(run: Run, lab: Lab, tmp_path: Path) -> None:
    place = lab.add(OLLAMA)
    listed = tmp_path / "targets.txt"
    listed.write_text(f"{place.host}:{place.port}\n127.0.0.1/99\n# fine\n10.0.0.300\n")
    result = run("discover", "--targets", listed)
    assert result.exit_code == 2
    assert f"{listed}:2" in result.stderr
    assert f"{listed}:4" in result.stderr
    assert lab.connections(place) == []


@pytest.mark.parametrize("target", ["0.0.0.0/0", "224.0.0.1", "::/0", "127.0.0.0/8"])
def test_a_reckless_scope_is_refused(run: Run, target: str) -> None:
    result = run("discover", target, "--no-store")
    assert result.exit_code == 2
    assert "livebom:" in result.stderr


def test_what_is_excluded_is_never_contacted(run: Run, lab: Lab) -> None:
    kept, spared = lab.add(OLLAMA), lab.add(OLLAMA)
    lines = discovered(run, lab.network, "--ports", "11434", "--exclude", spared.host)
    assert [line["host"] for line in lines] == [kept.host]
    assert lab.connections(spared) == []


def test_only_the_named_servers_are_looked_for(run: Run, lab: Lab) -> None:
    ollama, vllm = lab.add(OLLAMA), lab.add("vllm-0.32.0-default")
    lines = discovered(run, lab.network, "--ports", "11434,8000", "--servers", "ollama")
    assert [(line["host"], line["product"]) for line in lines] == [(ollama.host, "ollama")]
    assert {seen.target for seen in lab.requests(vllm)} <= {"/", "/v1/models"} | {
        seen.target for seen in lab.requests(vllm) if seen.target.startswith("/livebom-")
    }


def test_an_unknown_server_is_a_clear_error(run: Run) -> None:
    result = run("discover", "127.0.0.1", "--servers", "olama", "--no-store")
    assert result.exit_code == 2
    assert "olama" in result.stderr
    assert "ollama" in result.stderr


def test_web_servers_are_listed_only_with_all(run: Run, lab: Lab) -> None:
    place = lab.add("decoy-nginx-1.22-static")
    assert discovered(run, f"{place.host}:{place.port}") == []
    [line] = discovered(run, f"{place.host}:{place.port}", "--all")
    assert line["product"] in {None, "nginx"}
    assert line["models"] is None


def test_findings_set_the_exit_code_only_where_asked(run: Run, lab: Lab, tmp_path: Path) -> None:
    place = lab.add(OLLAMA)
    targets = tmp_path / "targets.yaml"
    targets.write_text(
        f"groups:\n  lab:\n    include: ['{place.host}:{place.port}']\n    exposure: public\n    zone: lab\n"
        "    owners:\n      - {match: 127.0.0.0/8, owner: team-ai}\n"
    )
    assert run("discover", "--targets", targets, "--no-store", "-q").exit_code == 0
    result = run("discover", "--targets", targets, "--no-store", "-q", "--fail-on", "high")
    assert result.exit_code == 1
    assert "ollama-unauthenticated-api" in result.stdout
    assert "fix:" in result.stdout
    assert "team-ai" in result.stdout
    assert "Not looked at:" in result.stdout


def test_the_counts_are_of_all_groups(run: Run, lab: Lab, tmp_path: Path) -> None:
    places = [lab.add(OLLAMA), lab.add("vllm-0.32.0-default")]
    targets = tmp_path / "targets.yaml"
    groups = "".join(f"  g{n}: {{include: ['{p.host}:{p.port}']}}\n" for n, p in enumerate(places))
    targets.write_text(f"groups:\n{groups}")
    told = run("discover", "--targets", targets, "--no-store", "-q").stdout
    asked = sum(len(lab.requests(place)) for place in places)
    assert f"2 shown, 2 open ports, 2 targets tried, {asked} requests" in told


def test_tls_is_tried_where_the_plain_answer_says_so(run: Run, lab: Lab) -> None:
    place = lab.add(OLLAMA, tls="only")
    [line] = discovered(run, f"{place.host}:{place.port}")
    assert (line["scheme"], line["product"]) == ("https", "ollama")
    assert line["tls"]["sha256"]
    assert line["tls"]["version"].startswith("TLS")


def test_a_url_gives_the_path_prefix_and_the_scheme(run: Run, lab: Lab) -> None:
    place = lab.add(OLLAMA)
    discovered(run, f"http://{place.host}:{place.port}/ai/", "--all")
    assert all(seen.target.startswith("/ai/") for seen in lab.requests(place))
    assert lab.requests(place)


def test_a_name_is_sent_as_host(run: Run, lab: Lab) -> None:
    place = lab.add(OLLAMA, host="127.0.0.1", port=11434 + os.getpid() % 20000)
    [line] = discovered(run, f"localhost:{place.port}", "--exclude", "::1")
    assert (line["host"], line["name"]) == ("127.0.0.1", "localhost")
    hosts = {seen.headers["host"] for seen in lab.requests(place)}
    assert hosts - {"livebom-probe.invalid"} == {f"localhost:{place.port}"}  # the other name is a check's own


def test_the_random_path_differs_in_every_sweep_and_we_name_ourselves(run: Run, lab: Lab) -> None:
    place = lab.add(OLLAMA)
    for _ in range(2):
        discovered(run, f"{place.host}:{place.port}")
    controls = [seen.target for seen in lab.requests(place) if seen.target.startswith("/livebom-")]
    assert len(set(controls)) == 2
    assert all("livebom" in seen.headers["user-agent"] for seen in lab.requests(place))


def test_names_from_a_target_cannot_move_a_cursor(run: Run, lab: Lab) -> None:
    place = lab.add(OLLAMA)
    hostile = {"models": [{"name": "a\u001b[2J\u202e[red]x", "model": "a", "digest": "b" * 64, "size": 1,
                           "modified_at": "2026-01-01T00:00:00Z", "details": {"families": ["llama"]}}]}  # fmt: skip
    lab.patch(place, "/api/tags", body=json.dumps(hostile))
    result = run("discover", f"{place.host}:{place.port}", "--no-store", "-q")
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "\\u{1b}[2J\\u{202e}[red]x" in result.stdout


@pytest.mark.slow
def test_a_secret_in_an_answer_is_kept_nowhere(run: Run, lab: Lab, tmp_path: Path) -> None:
    place = lab.add(OLLAMA)
    lab.patch(place, "/api/version", body='{"version":"0.32.15","api_key":"sk-plantedsecret123456"}')
    lab.patch(place, "/", body="Ollama is running sk-plantedsecret123456")
    for form in ("json", "jsonl", "table"):
        result = run("discover", f"{place.host}:{place.port}", "--all", "-v", "--db", tmp_path / "s.duckdb", "-f", form)
        assert "plantedsecret" not in result.stdout + result.stderr
    assert all(b"plantedsecret" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def _start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "livebom", "discover", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_an_interrupt_ends_it_with_130_and_keeps_what_was_seen(run: Run, lab: Lab, tmp_path: Path) -> None:
    place = lab.add(OLLAMA)
    db = tmp_path / "s.duckdb"
    child = _start(
        f"{place.host}:{place.port}", f"{lab.prefix}.128/25", "--ports", "1-9", "--rate", "400", "--db", str(db), "-q"
    )
    _wait_for(lambda: len(lab.requests(place)) >= 4)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=20)
    assert child.returncode == 130, errors
    assert "interrupted" in errors
    listed = run("sweeps", "--db", db, "--format", "json")
    [sweep] = json.loads(listed.stdout)
    assert sweep["complete"] is not True


@pytest.mark.slow
def test_two_runs_on_one_store_take_turns_and_lose_nothing(run: Run, lab: Lab, tmp_path: Path) -> None:
    one, other = lab.add(OLLAMA), lab.add("vllm-0.32.0-default")
    db = str(tmp_path / "s.duckdb")
    first = _start(
        f"{one.host}:{one.port}", f"{lab.prefix}.128/25", "--ports", "1-3", "--rate", "150", "--db", db, "-q"
    )
    _wait_for(lambda: bool(lab.requests(one)))
    first.send_signal(signal.SIGSTOP)  # with the store in its hands, for as long as the second one takes to want it
    second = _start(f"{other.host}:{other.port}", "--db", db, "-q")
    assert second.stderr is not None
    waits = second.stderr.readline()
    first.send_signal(signal.SIGCONT)
    errors = [child.communicate(timeout=40)[1] for child in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], errors
    assert str(first.pid) in waits
    assert len(json.loads(run("sweeps", "--db", db, "--format", "json").stdout)) == 2
    services = json.loads(run("services", "--db", db, "--format", "json").stdout)
    assert sorted(s["product"] for s in services) == ["ollama", "vllm"]


def _wait_for(true: Callable[[], bool], seconds: float = 15.0) -> None:
    """Poll until it is so; the other process has no way to tell us."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        pause.wait(0.02)


def test_the_second_sweep_says_what_changed(run: Run, lab: Lab, tmp_path: Path) -> None:
    vllm, ollama = lab.add(VLLM_KEYED), lab.add(OLLAMA)
    arguments = (
        "discover",
        lab.network,
        "--ports",
        "8000,11434,11435",
        "--db",
        tmp_path / "s.duckdb",
        "--rate",
        RATE,
        "-q",
    )
    assert "Since the last sweep" not in run(*arguments).stdout
    assert "nothing changed" in run(*arguments).stdout
    lab.switch(vllm, f"{VLLM_KEYED}+auth")
    lab.add(OLLAMA, host=ollama.host, port=11435)
    told = run(*arguments).stdout
    flat = " ".join(told.split())
    assert f"auth.removed server default/{vllm.host}/vllm at default/{vllm.host}:8000 auth: partial -> none" in flat
    exposed = f"server.exposed_port server default/{ollama.host}/ollama listens on listener default/{ollama.host}:11435"
    assert exposed in flat


def test_the_policy_grades_findings_and_what_is_accepted_fails_no_build(run: Run, lab: Lab, tmp_path: Path) -> None:
    place = lab.add(OLLAMA)
    rules = tmp_path / "policy.yaml"
    look = ("discover", f"{place.host}:{place.port}", "--no-store", "-q", "--policy", rules)
    rules.write_text("severities: {ollama-unauthenticated-api: critical}\n", encoding="utf-8")
    assert run(*look, "--fail-on", "critical").exit_code == 1
    row = "accept: [{finding: 'ollama-*', where: '*:11434', reason: a test bench, expires: 2999-01-01, by: jo}]\n"
    rules.write_text(row, encoding="utf-8")
    accepted = run(*look, "--fail-on", "info")
    assert accepted.exit_code == 0
    assert "until 2999-01-01: a test bench (jo)" in accepted.stdout
    rules.write_text(row.replace("2999", "2001"), encoding="utf-8")
    assert run(*look, "--fail-on", "info").exit_code == 1
    rules.write_text("accept: 7\n", encoding="utf-8")
    refused = run(*look)
    assert refused.exit_code == 2
    assert f"{rules}:1:9" in refused.stderr
