"""A small Debian with systemd as its first process, in a container with a root file system of its own."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.lab import ROOT

KEPT = ROOT / ".cache" / "systemd"
SUITE = "bookworm"
PACKAGES = "systemd,dbus,python3,iproute2,curl"
PYTHON = "3.11"
"""That suite's."""
TOOLS = ("systemd-nspawn", "debootstrap", "nsenter")
_BOOT = 40.0
_LIVEBOM = """#!/opt/livebom/bin/python
import sys
sys.path.append("/opt/checkout")
from livebom.cli import main
main()
"""


class CannotError(Exception):
    """There can be no machine here; the text says why."""


def tree() -> Path:
    """Its root file system, made once and never changed: what a machine writes lies in memory."""
    whole = KEPT / f"{SUITE}-{hashlib.sha256(PACKAGES.encode()).hexdigest()[:8]}"
    if not whole.is_dir():
        half = KEPT / f"{whole.name}.part"
        shutil.rmtree(half, ignore_errors=True)
        half.parent.mkdir(parents=True, exist_ok=True)
        _run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(half)], 240)
        for name in ("livebom", "checkout"):
            (half / "opt" / name).mkdir()
        half.rename(whole)
    return whole


def program() -> Path:
    """livebom's dependencies for that Python, and a program that takes livebom itself from the checkout."""
    locked = ROOT / "requirements" / "run.txt"
    whole = KEPT / f"livebom-{hashlib.sha256(locked.read_bytes()).hexdigest()[:8]}"
    if not whole.is_dir():
        half = KEPT / f"{whole.name}.part"
        shutil.rmtree(half, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes"]
        wanted = ["--only-binary", ":all:", "--python-version", PYTHON, "--requirement", str(locked)]
        _run([*pip, *wanted, "--target", str(half / "lib" / f"python{PYTHON}" / "site-packages")], 180)
        (half / "bin").mkdir(exist_ok=True)
        (half / "bin" / "python").symlink_to("/usr/bin/python3")
        (half / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
        (half / "bin" / "livebom").write_text(_LIVEBOM)
        (half / "bin" / "livebom").chmod(0o755)
        half.rename(whole)
    return whole


class Machine:
    """One that runs; commands run in it as root or as one of its users."""

    def __init__(self, leader: int) -> None:
        """`leader` is its first process, by this host's number."""
        self._leader = leader

    def run(self, *words: str, user: str = "root", patience: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """The command's end, whatever it was."""
        into = ["nsenter", "--target", str(self._leader), "--all", "--"]
        start = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/opt/livebom/bin", "HOME=/"]
        start += [] if user == "root" else ["runuser", "-u", user, "--"]
        return subprocess.run([*into, *start, *words], capture_output=True, text=True, check=False, timeout=patience)

    def do(self, *words: str) -> str:
        """What the command printed; it must end well."""
        done = self.run(*words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def shown(self, unit: str, what: str) -> str:
        """A property of a unit."""
        return self.do("systemctl", "show", "--value", "--property", what, unit)

    def asked(self, user: str, path: str, *more: str) -> tuple[int, str]:
        """The status and the body of a request to the control socket; 0 where the socket could not be reached."""
        socket = ("--unix-socket", "/run/livebom/control.sock")
        words = ("curl", "-s", "-m", "30", "-w", "\n%{http_code}", *socket, *more, f"http://localhost{path}")
        body, _, code = self.run(*words, user=user).stdout.rpartition("\n")
        return int(code or 0), body

    def write(self, path: str, text: str) -> None:
        """A file in it."""
        self.do("sh", "-c", 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', "sh", path, text)

    def until(self, unit: str, what: str, wanted: str, patience: float = 30.0) -> None:
        """Wait for a property to be so."""
        end = time.monotonic() + patience
        while (now := self.shown(unit, what)) != wanted:
            assert time.monotonic() < end, f"{unit}: {what} is {now}; {self.journal(unit)}"
            time.sleep(0.1)  # noqa: TID251 - systemd is what is waited for

    def journal(self, unit: str) -> str:
        """What the unit said."""
        return self.do("journalctl", "--no-pager", "--unit", unit)


@contextmanager
def booted() -> Iterator[Machine]:
    """A machine of its own, without a network, gone afterwards. Raises CannotError."""
    base, livebom = tree(), program()
    log = KEPT / "machine.log"
    command = [
        *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--console=read-only"),
        *(f"--directory={base}", "--volatile=overlay", f"--machine=livebom-{os.getpid()}"),
        *(f"--bind-ro={livebom}:/opt/livebom", f"--bind-ro={ROOT}:/opt/checkout", "--boot"),
    ]
    with log.open("wb") as said:
        keeper = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
    try:
        yield _ready(keeper, log)
    finally:
        keeper.terminate()
        with suppress(subprocess.TimeoutExpired):
            keeper.wait(10)
        keeper.kill()
        keeper.wait()


def _ready(keeper: "subprocess.Popen[bytes]", log: Path) -> Machine:
    """The machine, once its first process says that it has started everything."""
    children = Path(f"/proc/{keeper.pid}/task/{keeper.pid}/children")
    end = time.monotonic() + _BOOT
    while time.monotonic() < end and keeper.poll() is None:
        if found := children.read_text().split():
            machine = Machine(int(found[0]))
            with suppress(subprocess.TimeoutExpired):
                if machine.run("systemctl", "is-system-running", patience=5).stdout.strip() in {"running", "degraded"}:
                    return machine
        time.sleep(0.2)  # noqa: TID251 - systemd is what is waited for
    raise CannotError(f"systemd-nspawn boots no machine here: {log.read_text(errors='replace')[-1500:]}")


def _run(words: list[str], patience: float) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=patience)
    if done.returncode:
        raise CannotError(f"{words[0]} failed: {(done.stdout + done.stderr)[-1500:]}")
