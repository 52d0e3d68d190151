"""What a second look may say is gone, and what not: through discover and services, on one store."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.lab import ROOT, Lab
from tests.livebom.cli.runner import RATE, Run, runner

OLLAMA = "ollama-0.32.15-default"
VLLM = "vllm-0.32.0-default"
VLLM_KEYED = "vllm-0.32.0-cpu-apikey"


class Watch:
    """One store and one range of the lab, looked at again and again."""

    def __init__(self, run: Run, lab: Lab, folder: Path) -> None:
        """Look at the lab's own network, on two ports."""
        self.run, self.lab = run, lab
        self.db = folder / "watch.duckdb"

    def look(self, *more: str) -> str:
        """Sweep, and return what the table says."""
        ports = () if "--ports" in more else ("--ports", "8000,11434")
        result = self.run("discover", self.lab.network, *ports, "--db", self.db, "--rate", RATE, "-q", *more)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def services(self, *more: str) -> list[dict[str, Any]]:
        """What the store says runs."""
        found = self.run("services", "--db", self.db, "--format", "json", *more)
        rows: list[dict[str, Any]] = json.loads(found.stdout)
        return rows


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lab: Lab) -> Watch:
    """A watch over an empty lab."""
    return Watch(runner(tmp_path, monkeypatch), lab, tmp_path)


@pytest.mark.slow
def test_a_server_is_gone_after_three_complete_looks_without_it(watch: Watch) -> None:
    place = watch.lab.add(OLLAMA)
    watch.look()
    watch.lab.remove(place)
    for _ in range(2):
        told = watch.look()
        assert "part.not_seen" in told
        assert "server.gone" not in told
        assert [row["product"] for row in watch.services()] == ["ollama"]
    assert f"server.gone  server default/{place.host}/ollama" in watch.look()
    assert watch.services() == []


@pytest.mark.slow
def test_looks_elsewhere_or_for_other_servers_say_nothing_about_it(watch: Watch) -> None:
    place = watch.lab.add(OLLAMA)
    watch.look()
    watch.lab.remove(place)
    for _ in range(3):
        watch.look("--ports", "8000")
        watch.look("--servers", "vllm")
        watch.look("--exclude", place.host)
    assert [row["product"] for row in watch.services()] == ["ollama"]


@pytest.mark.slow
def test_a_server_that_no_longer_tells_its_models_does_not_lose_them(watch: Watch) -> None:
    place = watch.lab.add(VLLM)
    watch.look()
    before = watch.services()[0]["models"]
    watch.lab.switch(place, VLLM_KEYED)
    for _ in range(3):
        watch.look()
    assert watch.services()[0]["models"] == before != []


@pytest.mark.slow
def test_services_can_be_asked_as_of_a_time(watch: Watch) -> None:
    watch.lab.add(OLLAMA)
    watch.look()
    then = datetime.now(UTC).isoformat()
    watch.lab.add(VLLM)
    watch.look()
    assert len(watch.services()) == 2
    assert [row["product"] for row in watch.services("--at", then)] == ["ollama"]
    assert watch.services("--at", "1d") == []


@pytest.mark.slow
def test_a_restarted_store_keeps_a_servers_key_on_its_new_port(watch: Watch) -> None:
    place = watch.lab.add(VLLM)
    watch.look("--ports", "8000,8001,11434")
    watch.lab.remove(place)
    watch.lab.add(VLLM, host=place.host, port=8001)
    told = " ".join(watch.look("--ports", "8000,8001,11434").split())
    assert f"server.exposed_port server default/{place.host}/vllm listens on listener default/{place.host}:8001" in told
    assert "+ server default" not in told.replace(f"+ server default/{place.host}/vllm listens on", "")


@pytest.mark.slow
def test_reading_works_while_another_sweep_writes(watch: Watch) -> None:
    watch.lab.add(OLLAMA)
    watch.look()
    hold = "import sys; from pathlib import Path; from livebom.store import Store\n"
    hold += "with Store.open(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    child = [sys.executable, "-c", hold, str(watch.db)]
    with subprocess.Popen(child, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert [row["product"] for row in watch.services()] == ["ollama"]
        assert holder.stdin is not None
        holder.stdin.close()
