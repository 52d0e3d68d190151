"""What a recipe says of one real server: how it is installed and started, and what a sweep must find."""

import importlib
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from msgspec import Struct

SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
"""Where programs are looked for; Debian keeps daemons where a user's PATH does not reach."""
_SERVERS = Path(__file__).parent / "servers"


class Place(Struct, frozen=True):
    """Where one server lives: the environment it is installed in, and the empty folder it runs in."""

    environment: Path
    folder: Path

    @property
    def python(self) -> str:
        """The environment's own interpreter."""
        return self.program("python")

    @property
    def packages(self) -> Path:
        """The environment's site-packages."""
        return Path(sysconfig.get_path("purelib", vars={"base": str(self.environment)}))

    @property
    def log(self) -> Path:
        """Where standard output and standard error of the server go."""
        return self.folder / "server.log"

    def program(self, name: str) -> str:
        """The path of a console script of the environment."""
        return str(self.environment / "bin" / name)

    def write(self, name: str, text: str) -> str:
        """A file of that text, made in the folder; its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)


class Command(Struct, frozen=True):
    """What is executed, and what its environment holds beyond the plain one every server gets."""

    argv: tuple[str, ...]
    environment: dict[str, str] = {}


class Ready(Struct, frozen=True, kw_only=True):
    """The sign by which a server is known to serve: a path that answers with a status, or words in its log."""

    path: str | None = None
    status: int = 200
    words: str | None = None


class Further(Struct, frozen=True, kw_only=True):
    """What a sweep must find on a second port of the same product."""

    port: int
    versioned: bool = True
    """Whether the version is told here too."""
    models: tuple[str, ...] = ()


class Recipe(Struct, frozen=True, kw_only=True):
    """One real server."""

    host: str
    """An address in 127.0.0.0/24 that no other recipe uses."""
    port: int
    """Where it is expected to be recognised: its real default port."""
    further: tuple[Further, ...] = ()
    """Where it is expected to be recognised too."""
    further_ports: tuple[int, ...] = ()
    """What it listens on besides, with nothing expected."""
    start: Callable[[Place], Command]
    """Writes what the server reads into the folder, and says what to execute."""
    ready: Ready
    deadline: float = 60.0
    """Seconds from the start until it must be ready; generous, for a busy machine."""
    packages: tuple[str, ...] = ()
    """Requirements for pip, pinned."""
    npm: tuple[str, ...] = ()
    """Packages for npm, pinned."""
    without: tuple[str, ...] = ()
    """Distributions that stay away although the packages ask for them; needs uv, which is then installed too."""
    shares: str | None = None
    """The recipe with the same requirements, in whose environment it runs."""
    slow: bool = False
    """True: started by `make test-real-slow` only."""
    dependencies: bool = True
    """False: exactly `packages` are installed, and nothing that they ask for."""
    build: dict[str, str] = {}
    """Environment variables for a package that has to be compiled."""
    programs: tuple[str, ...] = ()
    """What it needs of the operating system besides Python."""
    product: str | None = None
    """The id of the product a sweep must find; None for what is no AI product."""
    layer: str | None = None
    """The id under which the stack must name what is no AI product."""
    version: Callable[[Place], str | None] = lambda place: None
    """The version a sweep must find, from a second source than the server's own answers; None where it tells none."""
    models: tuple[str, ...] = ()
    """The names of the models a sweep must find."""
    auth: frozenset[str] = frozenset({"none", "unknown"})
    """What a sweep may say of credentials; by default the server is an open one."""

    @property
    def ports(self) -> tuple[int, ...]:
        """Everything it listens on."""
        return (self.port, *(each.port for each in self.further), *self.further_ports)


def installed(distribution: str) -> Callable[[Place], str | None]:
    """The version that the metadata of an installed distribution states."""

    def version(place: Place) -> str | None:
        found = metadata.distributions(name=distribution, path=[str(place.packages)])
        return next((each.version for each in found), None)

    return version


def recipes() -> dict[str, Recipe]:
    """Every recipe, by the name of its file."""
    names = sorted(path.stem for path in _SERVERS.glob("*.py"))
    return {name: importlib.import_module(f"tests.real.servers.{name}").RECIPE for name in names}


def program(name: str) -> str | None:
    """The path of a program of the operating system, or None."""
    return shutil.which(name, path=SEARCHED)


def interpreter() -> str:
    """The running interpreter's version as packages name it: `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
