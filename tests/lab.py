"""A lab of replayed servers in a process of its own, so that it takes no turn from the scanner under test."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from livebom.recognise.catalog import Catalog
from livebom.surfaces import load_catalog
from tests.lab_process import Add, Forget, Order, Patch, Place, Remove, Switch, Tell, Told
from tests.recording import load
from tests.replay import Seen, Tls

ROOT = Path(__file__).resolve().parent.parent

_NO_FINGERPRINT = 8000
"""Decoys and products we do not know stand where vLLM, Triton and Chroma do."""
ASIDE = 20_000
_OTHER_PORTS = {
    ("triton", "-grpc"): 8001,
    ("triton", "-metrics"): 8002,
    ("torchserve", "-metrics"): 8082,
    ("tgi", "-metrics"): 9000,
}


class LabError(Exception):
    """The lab could not do what it was told; the message says why."""


def default_port(recording: str) -> int:
    """The port this recording's product listens on by default, as its fingerprint says."""
    product = load(recording).product
    special = (port for (name, end), port in _OTHER_PORTS.items() if product == name and recording.endswith(end))
    kit = _catalog().products.get(product)
    return next(special, kit.fingerprint.ports[0] if kit and kit.fingerprint.ports else _NO_FINGERPRINT)


@cache
def _catalog() -> Catalog:
    return load_catalog()


def own_prefix(shift: int = 0) -> str:
    """Three octets no other worker or test run on this machine uses: 127.(10 + worker + shift).(from the process id).

    `shift` (a multiple of 50) sets a second lab of the same worker apart.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return f"127.{10 + worker + shift}.{1 + os.getpid() % 250}"


class Lab:
    """Replayed servers on addresses of their own, `prefix`.1 onwards; use it as a context manager."""

    def __init__(self, prefix: str, through: Sequence[str] = ()) -> None:
        self.prefix = prefix
        """Three octets of 127.0.0.0/8; two labs at once need two prefixes."""
        self._through = through
        """What starts its process, such as in another network namespace."""
        self.listeners: dict[Place, str] = {}
        """Every place in use and the recording it was started with or switched to."""
        self._next = 0
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def network(self) -> str:
        """The block all addresses of this lab lie in."""
        return f"{self.prefix}.0/24"

    def __enter__(self) -> Self:
        command = [*self._through, sys.executable, "-m", "tests.lab_process"]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        return self

    @property
    def pid(self) -> int:
        """Of its process."""
        if self._child is None:
            raise LabError("the lab is not running")
        return self._child.pid

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._child is not None
        with self._child as child:  # closes the pipes, which ends it, and waits
            if kind is not None:
                child.kill()
        self._child = None

    def address(self) -> str:
        """An address of this lab nobody has been given yet."""
        self._next += 1
        return f"{self.prefix}.{self._next}"

    def add(
        self,
        recording: str,
        host: str | None = None,
        port: int | None = None,
        *,
        tls: Tls = "no",
        server: str | None = None,
    ) -> Place:
        """Serve a recording: on an address of its own and its product's default port, where nothing else is said.

        `server` puts a proxy of that name (`nginx/1.22.1`) in front. Raises LabError where the place is taken.
        """
        place = Place(host or self.address(), port or default_port(recording))
        self._do(Add(recording, place, tls, server))
        self.listeners[place] = recording
        return place

    def start(self, recordings: Iterable[str]) -> dict[str, Place]:
        """Serve many recordings, each on an address of its own and its product's default port.

        Where this machine itself listens on that port of every address, the recording stands `ASIDE` ports higher.
        """
        places = {}
        for recording in recordings:
            try:
                places[recording] = self.add(recording)
            except LabError:
                places[recording] = self.add(recording, port=default_port(recording) + ASIDE)
        return places

    def remove(self, place: Place) -> None:
        """Stop serving there; the port refuses when this returns."""
        self._do(Remove(place))
        del self.listeners[place]

    def clear(self) -> None:
        """Stop serving everywhere; addresses are given out from the first one again."""
        for place in list(self.listeners):
            self.remove(place)
        self._next = 0

    def switch(self, place: Place, recording: str) -> None:
        """Answer from another recording there; patches are gone."""
        self._do(Switch(place, recording))
        self.listeners[place] = recording

    def patch(
        self,
        place: Place,
        path: str,
        *,
        method: str = "GET",
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> None:
        """Change what a plain request is answered there; see `Answers.patch`."""
        self._do(Patch(place, method, path, status, dict(headers or {}), body))

    def requests(self, place: Place) -> list[Seen]:
        """The requests that reached that place, in order."""
        return self._do(Tell(place)).requests

    def connections(self, place: Place) -> list[float]:
        """When each connection to that place was accepted, in seconds since the epoch; silent ones count."""
        return self._do(Tell(place)).connections

    def forget(self, place: Place) -> None:
        """Empty that place's log, to count anew."""
        self._do(Forget(place))

    def _do(self, order: Order) -> Told:
        if self._child is None:
            raise LabError("the lab is not running")
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(msgspec.json.encode(order) + b"\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise LabError(f"the lab's process ended with {self._child.wait()}")
        told = msgspec.json.decode(line, type=Told)
        if told.error is not None:
            raise LabError(told.error)
        return told
