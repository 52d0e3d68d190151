"""A vLLM as three sources see it: it answers on the network, runs as a process, and an engine calls it a container.

The engine is a small server on a unix socket that speaks Docker's API, so that the demonstration needs no Docker.
"""

import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab import ROOT
from tests.lab_process import Place
from tests.probes.local.fakeengine import IMAGE, container, engine

RECORDING = "vllm-0.32.0-default"
ID = "5e" * 32
_SERVER = f"""#!{sys.executable}
import asyncio, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.replay import Replay

async def serve(host, port):
    async with Replay() as replay:
        await replay.add({RECORDING!r}, host, int(port))
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(serve(sys.argv[4], sys.argv[6]))
"""


@contextmanager
def seen_three_ways(folder: Path, place: Place, model: str) -> Iterator[str]:
    """Serve the recording at that place from a process called vllm; the address of the engine that tells of it."""
    program, sock = folder / "vllm", folder / "docker.sock"
    program.write_text(_SERVER, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    words = [str(program), "serve", model, "--host", place.host, "--port", str(place.port)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder) as child:
        assert child.stdout
        if child.stdout.readline() != b"ready\n":
            raise OSError(f"{place.host}:{place.port} is taken")
        with engine(sock, _answers(child.pid, place, words)) as (address, _):
            yield address


def _answers(pid: int, place: Place, words: list[str]) -> dict[str, object]:
    port = str(place.port)
    one = container(
        ID,
        Name="/chat",
        Path="vllm",
        Args=words[1:],
        Config={
            "Image": "vllm/vllm-openai:latest",
            "User": "",
            "Env": ["HF_HOME=/models"],
            "Labels": {"com.docker.compose.project": "assistant", "com.docker.compose.service": "chat"},
        },
        State={"Status": "running", "Pid": pid, "StartedAt": "2026-11-21T08:00:00Z"},
        NetworkSettings={
            "Networks": {"bridge": {"IPAddress": ""}},
            "Ports": {f"{port}/tcp": [{"HostIp": place.host, "HostPort": port}]},
        },
    )
    listed = {"Id": ID, "Names": ["/chat"], "Image": "vllm/vllm-openai:latest", "ImageID": IMAGE}
    return {"/v1.41/containers/json": [listed], f"/v1.41/containers/{ID}/json": one}
