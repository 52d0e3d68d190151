"""Servers in real containers that publish nothing are named all the same: on bridges, loopback, without a network."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.containers.engines import Engines, wait_for
from tests.lab import ROOT, Lab
from tests.recording import load

pytestmark = [pytest.mark.containers, pytest.mark.timeout(240)]
PORT = 11434
_OLLAMA = "ollama-0.32.15-default"
_VLLM = "vllm-0.32.0-default"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a real Ollama answered, as the files of a web server that listens on every address."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("Ollama is running")
    (folder / "api").mkdir()
    plain = [each for each in load(_OLLAMA).exchanges if each.request.method == "GET" and not each.request.headers]
    answers = {each.request.path: each.response for each in plain}
    for path in ("/api/version", "/api/tags"):
        (folder / path[1:]).write_bytes(answers[path].content())
    return folder


@pytest.fixture(scope="module")
def ran(real: Engines, site: Path) -> Iterator[dict[str, str]]:
    """The ids of the containers by name; a replayed vLLM is on the loopback of two of them."""
    sleep, httpd = ("/bin/sleep", "1000"), ("/bin/httpd", "-f", "-p", str(PORT), "-h", "/www")
    want = {
        "in-bridge": (("-v", f"{site}:/www:ro"), httpd),
        "in-none": (("--network", "none"), sleep),
        "in-loopback": ((), sleep),
    }
    ids: dict[str, str] = {}
    with ExitStack() as stack:
        for name, (options, argv) in want.items():
            ids[name] = real.docker("run", "-d", "--name", name, *options, "livebom/busy:1", *argv).strip()
            stack.callback(real.docker, "rm", "-f", name)
            if argv is sleep:
                pid = real.docker("inspect", "-f", "{{.State.Pid}}", name).strip()
                lab = stack.enter_context(Lab("127.0.0", through=("nsenter", f"--net=/proc/{pid}/ns/net", "--")))
                lab.add(_VLLM, "127.0.0.1", 8000)
        yield ids


def discovered(real: Engines, *words: str, through: tuple[str, ...] = ()) -> dict[tuple[str, str], dict[str, Any]]:
    """What `discover --containers` says, as the command line does, by zone and host."""
    program = (sys.executable, "-m", "livebom", "discover", "--containers", "--ports", f"8000,{PORT}")
    done = subprocess.run(
        [*through, *program, "--no-store", "--format", "jsonl", "-q", *words],
        env={"DOCKER_HOST": f"unix://{real.docker_socket}", "HOME": str(real.folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=90,
        check=False,
    )
    assert done.returncode in {0, 3}, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {(one["zone"], one["host"]): one for one in lines}


def test_a_container_without_a_network_or_on_loopback_is_entered(real: Engines, ran: dict[str, str]) -> None:
    told = discovered(real)

    for name in ("in-none", "in-loopback"):
        one = told[f"container:{ran[name]}", "127.0.0.1"]
        assert (one["product"], one["port"]) == ("vllm", 8000)
        assert one["models"]
        assert "vllm-unauthenticated-api" in {each["id"] for each in one["findings"] if each["state"] == "fail"}


def test_a_container_on_a_bridge_answers_at_its_own_address(real: Engines, ran: dict[str, str]) -> None:
    address = real.docker("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "in-bridge").strip()
    inside = discovered(real)[f"container:{ran['in-bridge']}", "127.0.0.1"]  # the engine's bridge is not this host's
    beside = {
        host: one
        for (zone, host), one in discovered(real, through=real.inside()).items()
        if zone.startswith("machine:")
    }

    for one in (inside, beside[address]):
        assert (one["product"], one["port"]) == ("ollama", PORT)
        assert one["version"], one
        assert one["models"], one
    assert set(beside) == {address}
    excluded = discovered(real, "--exclude", address, through=real.inside())
    assert not any(one["models"] for one in excluded.values() if one["product"] == "ollama")


def test_the_look_itself_knows_what_listens_in_a_container(real: Engines, ran: dict[str, str]) -> None:
    from livebom.net.engine_api import EngineDoor
    from probes.local.engine import Engine
    from probes.local.namespaces import filled
    from probes.local.workload import Socket, Window

    engine = Engine("docker", EngineDoor(address=f"unix://{real.docker_socket}"))

    def ready() -> bool:
        looked = filled(engine.look(Window()))
        told = {one.name: one for one in looked.workloads if one.id in ran.values()}
        spaces = {one.netns for one in told.values()}
        return (
            told["in-none"].sockets == (Socket(host="127.0.0.1", port=8000),)
            and {each.port for each in told["in-bridge"].sockets or ()} == {PORT}
            and len(spaces) == 3
            and all(one.ticks for one in told.values())
        )

    wait_for(ready, "the sockets of the containers")
