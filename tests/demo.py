"""The demonstration behind `make demo`: a lab of AI servers is swept, changed behind its back, swept again and told."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from tests.answers import Answers
from tests.lab import ROOT, Lab, LabError
from tests.lab_process import Place
from tests.recording import Request, load
from tests.three_views import seen_three_ways

PREFIX = "127.77.0"
TARGET = f"{PREFIX}.0/28"
SHOWN = Path(".cache", "demo")
"""Where what the demonstration writes can be looked at afterwards."""
OLLAMA, VLLM = "ollama-0.32.15-default", "vllm-0.32.0-cpu-apikey"
TRITON, LLAMA = "triton-2.51.0-explicit", "llama-server-0c1e57098-default"
SERVERS = [
    OLLAMA,
    VLLM,
    TRITON,
    LLAMA,
    "llama-cpp-python-0.3.36",
    "synthetic-lmstudio-0.4-open",
    "synthetic-localai-4.9-open",
    "synthetic-tgi-3.3.7-open",
    "decoy-nginx-1.22-static",
]
PORTS = "1234,3000,8000-8002,8080-8081,11434"
"""What the lab uses, and no more: whatever else this machine runs is none of the demonstration's business."""
TARGETS = f"""groups:
  lab:
    include: [{TARGET}]
    ports: "{PORTS}"
    zone: lab
    exposure: private           # as if colleagues could reach it
    owners:
      - {{match: {PREFIX}.0-{PREFIX}.3, owner: gpu-team@example}}
      - {{match: {TARGET}, owner: lab@example}}
"""
NEW_MODEL = "qwen3:4b"
WHO_SAYS_WHAT = """-- What each source says of the server, one row for each
SELECT claim->>'source' AS source, string_agg(name || ' ' || (claim->>'value'), ', ' ORDER BY name) AS says
FROM (SELECT unnest(json_keys(attributes)) AS name, attributes FROM part
      WHERE kind = 'server' AND part_key LIKE '%$host/%'),
     unnest(CAST(attributes->name AS JSON[])) AS claims(claim)
GROUP BY ALL ORDER BY ALL
"""
NEXT = """Next, for example:
   .venv/bin/livebom discover                    what runs on this machine
   .venv/bin/livebom discover 10.0.0.0/24        a network you are allowed to sweep
   .venv/bin/livebom question                    what the bill of materials can be asked"""
_LOOKED = (0, 1, 3)
"""Exit codes of a look that happened: nothing to say, findings, not complete."""


def main() -> int:
    """Run the demonstration; 0 where both sweeps looked."""
    try:
        with tempfile.TemporaryDirectory(prefix="livebom-demo-") as folder:
            with Lab(PREFIX) as lab:
                code = _demonstrate(lab, Path(folder, "demo.duckdb"))
            code = code or _three_ways(Place(f"{PREFIX}.15", 8000), Path(folder))
        if code == 0:
            print(NEXT)
        return code
    except subprocess.TimeoutExpired as error:
        print(f"A sweep took longer than {error.timeout:.0f} s; the demonstration stops here.", file=sys.stderr)
        return 1
    except LabError as error:
        print(f"The lab could not be started: {error}. Does another demo run on {TARGET}?", file=sys.stderr)
        return 1


def _demonstrate(lab: Lab, store: Path) -> int:
    _say("1. Starting a small lab: real servers' recorded answers, each on an address of its own.")
    places = lab.start(SERVERS)
    lab.add(f"{TRITON}-metrics", host=places[TRITON].host)
    for place, recording in lab.listeners.items():
        print(f"   {place.host}:{place.port:<6} {recording}")

    _say("2. Sweeping it. livebom is told the network and whose it is, and nothing else.")
    (ROOT / SHOWN).mkdir(parents=True, exist_ok=True)
    (ROOT / SHOWN / "targets.yaml").write_text(TARGETS, encoding="utf-8")
    keep = ["--db", str(store)]
    look = ["discover", "--targets", str(SHOWN / "targets.yaml"), "--rate", "5000", *keep]
    if (code := _run(*look)) not in _LOOKED:
        return code
    _say("   This is how it should be; later states are compared with it.")
    _run("baseline", "set", "--reason", "as designed", *keep)

    _say("3. Changing the lab behind livebom's back:")
    add_model(lab, places[OLLAMA])
    print(f"   a model appears on the Ollama at {places[OLLAMA].host}: {NEW_MODEL}")
    lab.switch(places[VLLM], f"{VLLM}+auth")
    print(f"   the vLLM at {places[VLLM].host} no longer asks for its key")
    second = lab.add(LLAMA, host=places[LLAMA].host, port=8081)
    print(f"   the llama-server at {second.host} is suddenly reachable on port {second.port} too")

    _say("4. Sweeping again, and asking what changed.")
    if (code := _run(*look, "-o", str(SHOWN / "services.jsonl"))) not in _LOOKED:
        return code
    if (code := _run("diff", "last-good", "now", *keep)) not in _LOOKED:
        return code

    _say("5. Writing the bill of materials for other tools, and for a browser.")
    for name in ("livebom.cdx.json", "report.html"):
        if code := _run("export", "now", "-o", str(SHOWN / name), *keep):
            return code
        print(f"   {ROOT / SHOWN / name}  {(ROOT / SHOWN / name).stat().st_size:,} bytes")
    asked = sum(len(lab.requests(place)) for place in lab.listeners)
    _say(f"Both sweeps together sent {asked} requests to {len(lab.listeners)} listeners, counted at the servers.")
    return 0


def _three_ways(place: Place, folder: Path) -> int:
    """Sweep one server together with this host and its container runtime, and show who said what of it."""
    _say("6. One server, seen three ways: on the network, as a process, and by a container runtime.")
    keep, query = ["--db", str(folder / "host.duckdb")], SHOWN / "who-says-what.sql"
    (ROOT / query).write_text(WHO_SAYS_WHAT.replace("$host", place.host), encoding="utf-8")
    with seen_three_ways(folder, place, "acme/tiny-random-llama") as engine:
        print(f"   a vLLM at {place.host}:{place.port}, and an engine at {engine} that speaks Docker's API")
        look = ["discover", "--local", "--containers", f"{place.host}:{place.port}"]
        code = _run(*look, "--quiet", "-o", str(SHOWN / "host.jsonl"), *keep, DOCKER_HOST=engine)
    return _run("sql", "--file", str(query), *keep) if code in _LOOKED else code


def _say(line: str) -> None:
    print(f"\n{line}", flush=True)


def _run(*arguments: str, **variables: str) -> int:
    """Run livebom where a newcomer can see it; its exit code."""
    set_ = "".join(f"{name}={value} " for name, value in variables.items())
    print(f"   $ {set_}livebom {shlex.join(arguments)}\n", flush=True)
    command, environment = [sys.executable, "-m", "livebom", *arguments], {**os.environ, **variables}
    code = subprocess.run(command, cwd=ROOT, timeout=60, env=environment).returncode
    if code not in _LOOKED:
        print(f"livebom ended with {code}; this should not happen.", file=sys.stderr)
    return code


def add_model(lab: Lab, place: Place) -> None:
    """Let the replayed Ollama list one model more, on both of its interfaces."""
    answers = Answers(load(OLLAMA))
    for path, key, extra in (("/api/tags", "models", _tag()), ("/v1/models", "data", _card())):
        listed = msgspec.json.decode(answers.find(Request(method="GET", path=path)).response.body)
        listed[key].append(extra)
        lab.patch(place, path, body=msgspec.json.encode(listed).decode())


def _tag() -> dict[str, Any]:
    details = {
        "parent_model": "",
        "format": "gguf",
        "family": "qwen3",
        "families": ["qwen3"],
        "parameter_size": "4.0B",
        "quantization_level": "Q4_K_M",
        "context_length": 262144,
        "embedding_length": 2560,
    }
    return {
        "name": NEW_MODEL,
        "model": NEW_MODEL,
        "modified_at": "2026-11-21T08:00:00Z",
        "size": 2497293931,
        "digest": "0123456789abcdef" * 4,
        "details": details,
        "capabilities": ["completion", "tools"],
    }


def _card() -> dict[str, Any]:
    return {"id": NEW_MODEL, "object": "model", "created": 1795248000, "owned_by": "library"}


if __name__ == "__main__":
    sys.exit(main())
