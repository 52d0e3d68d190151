"""Network namespaces that a test makes for itself, joined by veth pairs, and removes again whatever happens."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nsenter"),
    reason="needs root, ip and nsenter to make network namespaces",
)


class Namespace:
    """One network namespace; commands run in it share this host's files and nothing of its network."""

    def __init__(self, name: str) -> None:
        self.name = name

    def words(self, *words: str) -> list[str]:
        """The command line that runs those words in it (unlike `ip netns exec`, without mounts of its own)."""
        return ["nsenter", f"--net=/run/netns/{self.name}", "--", *words]

    def ip(self, line: str) -> None:
        """One `ip` command in it."""
        _run(self.words("ip", *line.split()))

    def sysctl(self, name: str, value: int) -> None:
        """Set one of its own settings below /proc/sys/net."""
        _run(self.words("sh", "-c", f"echo {value} > /proc/sys/net/{name}"))

    def start(self, module: str, *arguments: str, through: Sequence[str] = ()) -> "subprocess.Popen[str]":
        """A Python module in it, with pipes to its standard input and output; started by the program `through`."""
        return subprocess.Popen(
            self.words(*through, sys.executable, "-m", module, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )


@contextmanager
def namespaces(count: int) -> Iterator[list[Namespace]]:
    """Fresh ones with random names, their loopback up; gone at the end, and all their interfaces with them."""
    with ExitStack() as cleanup:
        made = []
        for _ in range(count):
            one = Namespace(f"livebom-{secrets.token_hex(4)}")
            _run(["ip", "netns", "add", one.name])
            cleanup.callback(subprocess.run, ["ip", "netns", "del", one.name], check=False)
            one.ip("link set lo up")
            made.append(one)
        yield made


def join(left: Namespace, left_address: str, right: Namespace, right_address: str, name: str = "veth0") -> None:
    """A veth pair between two, called `name` on both sides, with an address and prefix on each."""
    command = f"link add {name} type veth peer name {name} netns"
    _run(left.words("ip", *command.split(), right.name))
    for side, address in ((left, left_address), (right, right_address)):
        side.ip(f"addr add {address} dev {name}{' nodad' if ':' in address else ''}")
        side.ip(f"link set {name} up")


@contextmanager
def running(child: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    """A started process, once it has said its first line; ended at the end."""
    try:
        assert child.stdout
        assert child.stdout.readline().strip() == "ready"
        yield child
    finally:
        finish(child)


def finish(child: "subprocess.Popen[str]") -> None:
    """End a process that ends when its standard input does."""
    try:
        child.communicate(timeout=10)
    except (subprocess.TimeoutExpired, ValueError):
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe:
                pipe.close()


def _run(words: Sequence[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
