"""Open ports as nmap finds them: python-nmap runs it piece by piece, in a process of its own that loads nothing else.

python-nmap is GPL-3 and optional (`pip install livebom[nmap]`): it is never loaded here.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from ipaddress import ip_address, summarize_address_range

import msgspec
from msgspec import Struct

from livebom.net.ranges import Family, Range, address_text, merged
from probes.engine.permute import Permutation
from probes.engine.plan import Run
from probes.sources import Hunt
from probes.sources.child import command
from probes.sources.nmap_xml import LARGEST, NmapError, Scan, read_nmap, within

NAME = "nmap"
MOST_TARGETS = 65_536
"""Of one run of nmap; where there is a rate, less: what takes about `_SECONDS`."""
_LEAST_TARGETS, _SECONDS = 256, 10.0
_MOST_PORTS = 4096
_TICK = 0.05
_READ = 1 << 16


class Piece(Struct, frozen=True):
    """What one run of nmap is to look at, as python-nmap takes it."""

    hosts: str
    ports: str
    arguments: str


class _Said(Struct):
    """What the child says of a piece: nmap's XML, or why there is none."""

    xml: str = ""
    fault: str = ""


def refusal(hunt: Hunt) -> str:
    """Why it cannot look at this plan here, in words; empty where it can."""
    if shutil.which("nmap") is None:
        return "the program nmap is not installed"
    if find_spec("nmap") is None:
        return "python-nmap is not installed: pip install 'livebom[nmap]'"
    if hunt.start or hunt.stop_at not in (None, Permutation(len(hunt.plan), hunt.key).size):
        return "nmap looks at whole plans only: no shard, and no going on in the middle"
    return ""


def find(hunt: Hunt) -> None:
    """Let nmap look at every target, and hand over what is open after each piece.

    SYN scans where we are root, else connects; by address only, no ping, no scripts, no versions. The pace is nmap's
    own at the hunt's rate, the order is nmap's too; the cursor moves at the end only. What nmap does not account for
    counts as lost. Raises ValueError as `refusal` says, and ChildProcessError where nmap fails.
    """
    if reason := refusal(hunt):
        raise ValueError(reason)
    tally, whole = hunt.tally, Permutation(len(hunt.plan), hunt.key).size
    with _Child() as child:
        for run in _pieces(hunt):
            piece, targets = _piece(hunt, run)
            scan = child.look(piece, hunt) if piece else Scan([], finished=True)
            if scan is None:
                tally.stopped = True
                return
            found = [one for one in scan.opens if within(hunt, one)]
            known = len(found) + scan.closed + scan.filtered
            tally.sent += targets
            tally.open += len(found)
            tally.refused += scan.closed
            tally.silent += scan.filtered
            tally.lost += max(0, run.addresses * len(run.ports) - known)
            if found:
                hunt.on_open(found)
    tally.cursor, tally.finished = whole, True


def _pieces(hunt: Hunt) -> Iterator[Run]:
    """The plan in runs small enough for one run of nmap."""
    rate = hunt.pace.rate
    most = int(min(MOST_TARGETS, max(_LEAST_TARGETS, rate * _SECONDS))) if rate else MOST_TARGETS
    width = min(_MOST_PORTS, most)
    for run in hunt.plan.runs:
        for at in range(0, len(run.ports), width):
            ports = run.ports[at : at + width]
            step = max(1, most // len(ports))
            for first in range(run.first, run.last + 1, step):
                yield Run(first, min(first + step - 1, run.last), run.family, ports)


def _piece(hunt: Hunt, run: Run) -> tuple[Piece | None, int]:
    """That run as nmap is told it, and how many targets it is; nothing the scope does not allow goes into it."""
    allowed = [
        Range(address, address, run.family)
        for address in range(run.first, run.last + 1)
        if all(hunt.allowed(address_text(address, run.family), port) for port in run.ports)
    ]
    if not allowed:
        return None, 0
    hosts = " ".join(_networks(part) for part in merged(allowed))
    ports = ",".join(map(str, run.ports))
    return Piece(hosts, ports, _arguments(hunt, run.family)), len(allowed) * len(run.ports)


def _networks(part: Range) -> str:
    """A range as CIDR blocks, which nmap takes for both families."""
    first, last = (ip_address(address_text(end, part.family)) for end in (part.first, part.last))
    return " ".join(map(str, summarize_address_range(first, last)))


def _arguments(hunt: Hunt, family: Family) -> str:
    """The options of nmap; none of them comes from outside."""
    wait = max(1, round(hunt.timeout * 1000))
    parts = ["-sS" if os.geteuid() == 0 else "-sT", "-n", "-Pn", f"--max-retries {hunt.retries}"]
    parts += [f"--max-rtt-timeout {max(100, wait)}ms", f"--initial-rtt-timeout {max(100, min(wait, 1000))}ms"]
    parts += ["--randomize-hosts"] + ["-6"] * (family == 6)
    if hunt.pace.rate:
        parts.append(f"--max-rate {hunt.pace.rate:f}")
    return " ".join(parts)


class _Child:
    """The process that loads python-nmap; it and the nmap it started end with the `with` block."""

    def __enter__(self) -> "_Child":
        self._process = subprocess.Popen(  # noqa: S603 - our own Python, our own code
            command("probes.sources.nmap", "serve"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        return self

    def __exit__(self, *_fault: object) -> None:
        child = self._process
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        with suppress(OSError):
            child.communicate()

    def look(self, piece: Piece, hunt: Hunt) -> Scan | None:
        """What nmap says of it; None where the hunt was to stop first. Raises ChildProcessError."""
        line = self._answer(msgspec.json.encode(piece) + b"\n", hunt)
        if line is None:
            return None
        said = msgspec.json.decode(line, type=_Said)
        if said.fault:
            raise ChildProcessError(f"nmap cannot look: {said.fault}")
        try:
            scan = read_nmap(said.xml.encode(), "nmap")
        except NmapError as fault:
            raise ChildProcessError(f"nmap cannot be understood: {fault}") from None
        if not scan.finished:
            raise ChildProcessError("nmap did not come to its end")
        return scan

    def _answer(self, order: bytes, hunt: Hunt) -> bytes | None:
        child, line = self._process, bytearray()
        if child.stdin is None or child.stdout is None:  # pragma: no cover - they were asked for
            return None
        with suppress(BrokenPipeError):
            child.stdin.write(order)
            child.stdin.flush()
        while not line.endswith(b"\n"):
            if hunt.stop():
                return None
            if not select.select([child.stdout], [], [], _TICK)[0]:
                continue
            data = os.read(child.stdout.fileno(), _READ)
            if not data or len(line) > 2 * LARGEST:
                raise ChildProcessError("the process that runs nmap ended early")
            line += data
        return bytes(line)


def serve() -> None:
    """The child's life: a piece a line in, what nmap said a line out."""
    import nmap

    scanner = nmap.PortScanner()
    for line in sys.stdin.buffer:
        piece = msgspec.json.decode(line, type=Piece)
        try:
            scanner.scan(piece.hosts, piece.ports, piece.arguments)
            said = _Said(xml=scanner.get_nmap_last_output().decode("utf-8", "replace"))
        except (nmap.PortScannerError, AttributeError, ValueError) as fault:  # AttributeError: XML without its end
            said = _Said(fault=str(fault)[:500] or repr(fault))
        sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
        sys.stdout.buffer.flush()
