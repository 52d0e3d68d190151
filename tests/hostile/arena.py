"""One hostile peer between honest neighbours, swept by a child whose memory and time are watched."""

import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.hostile.peers import Behaviour, serving
from tests.lab import ROOT, Lab
from tests.lab_process import Place

PORT = 18811
NEIGHBOURS = ("ollama-0.32.15-default", "vllm-0.32.0-default")
TIMEOUT = 0.5
"""Seconds to connect; the conversation with one host may take fifteen times as long."""
DEADLINE = 15 * TIMEOUT
SLACK = 6.0
"""Seconds for the interpreter, the catalogue and the neighbours, on a machine that does other things too."""
MEMORY = 64.0
"""Megabytes above a sweep in which nobody is hostile."""
ADDRESS_SPACE = 1 << 30
"""Bytes that no child may go beyond; what DuckDB and hyperscan map without using it is in it."""
WALL = 60.0
_SAMPLE = 0.01


class Outcome(Struct, frozen=True, kw_only=True):
    """What a sweep said, and what it took."""

    services: dict[str, dict[str, Any]]
    """By address."""
    out: str
    code: int
    errors: str
    seconds: float
    memory: float
    """Most megabytes (PSS) of the whole tree of processes."""


def swept(hosts: Sequence[str], *more: str, port: int = PORT) -> Outcome:
    """`livebom discover` over these addresses and the one port, in a child with limits."""
    words = [sys.executable, "-m", "livebom", "discover", *hosts, "--ports", str(port), "--timeout", str(TIMEOUT)]
    return ran([*words, "--all", "--no-store", "--quiet", "--format", "jsonl", *more])


def ran(words: Sequence[str]) -> Outcome:
    """A command of livebom in a child with limits; its services are the lines of JSON that it prints."""
    began = time.monotonic()
    child = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_limited
    )
    with _watched(child.pid) as peak:
        try:
            out, errors = child.communicate(timeout=WALL)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise
    lines = (json.loads(line) for line in out.splitlines() if line.startswith('{"'))
    rows = [line for line in lines if "host" in line]
    return Outcome(
        services={row["host"]: row for row in rows},
        out=out,
        code=child.returncode,
        errors=errors,
        seconds=time.monotonic() - began,
        memory=peak(),
    )


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


@contextmanager
def _watched(pid: int) -> Iterator[Callable[[], float]]:
    """The most memory that the process and its children took while the block ran."""
    most, over = 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(_SAMPLE):
            most = max(most, sum(_pss(one) for one in _tree(pid)))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: most
    finally:
        over.set()
        thread.join()


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _tree(int(word))


def _pss(pid: int) -> float:
    with suppress(OSError, ValueError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(text.partition("\nPss:")[2].split()[0]) / 1024
    return 0.0


class Arena:
    """Two honest servers, and an address for the hostile one."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.neighbours = [lab.add(name, port=PORT).host for name in NEIGHBOURS]
        self.quiet = swept([*self.neighbours, lab.add(NEIGHBOURS[0], port=PORT).host])
        """A sweep in which nobody is hostile."""
        assert all(self.quiet.services[host]["product"] for host in self.neighbours)

    def meet(self, behaviour: Behaviour, *more: str, tls: Any = None) -> tuple[dict[str, Any] | None, Outcome]:
        """What is said of one that behaves so, and the whole outcome; the neighbours are told as ever."""
        host = self.lab.address()
        with serving(host, PORT, behaviour, tls):
            return self.meet_at(host, *more)

    def meet_at(self, host: str, *more: str) -> tuple[dict[str, Any] | None, Outcome]:
        """The same for whoever serves there already."""
        outcome = swept([*self.neighbours, host], *more)
        self.unharmed(outcome)
        return outcome.services.get(host), outcome

    def unharmed(self, outcome: Outcome) -> None:
        """The neighbours are told as ever, and the sweep came to its end."""
        for one in self.neighbours:
            assert facts(outcome.services[one]) == facts(self.quiet.services[one])
        assert "Traceback" not in outcome.errors
        assert outcome.code in (0, 3)

    def serve(self, recording: str) -> Place:
        """A replayed server at an address of its own, to be patched."""
        return self.lab.add(recording, port=PORT)


def facts(service: dict[str, Any]) -> tuple[Any, ...]:
    """What must not change because of a neighbour."""
    models = service["models"]
    failed = sorted(one["id"] for one in service["findings"] if one["state"] == "fail")
    names = models and sorted(one["name"] for one in models)
    return service["product"], service["version"], service["auth"], names, failed
