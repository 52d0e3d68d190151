"""Real servers in containers: the installed Chroma and llama-cpp-python, on this host's libraries, on every network."""

import os
import subprocess
import sys
from pathlib import Path

from msgspec import Struct

from tests.containers.engines import Engines, wait_for
from tests.real.install import environment, stands
from tests.real.recipe import Place, Recipe, recipes
from tests.real.servers.llama_cpp_python import write_model

CHECKOUT = Path(__file__).resolve().parents[2]
INSTALLED = ("chroma", "llama_cpp_python")
"""The recipes whose servers run in the containers."""
MODEL = "tiny-gguf"
NETWORKS: dict[str, tuple[str, ...]] = {
    "bridge": (),
    "user": ("--network", "servers"),
    "host": ("--network", "host"),
    "none": ("--network", "none"),
}
_EVERYWHERE = ("0.0.0.0", 18409)
_LIBRARIES = ("/usr", "/lib", "/lib64")
_LISTENS = "0A"
"""TCP_LISTEN (linux/net/tcp_states.h)."""


class Served(Struct, frozen=True, kw_only=True):
    """One server in a container."""

    name: str
    """The container's."""
    id: str
    pid: int
    network: str
    product: str
    port: int
    """Where it listens in its namespace."""
    outside: tuple[str, int] | None
    """The address and port on loopback where this host reaches it, if any."""
    models: tuple[str, ...]


def absent() -> str:
    """Why no server can be started; empty where all are installed."""
    known = recipes()
    lacking = [name for name in INSTALLED if not stands(name, known[name])]
    return f"not installed: python -m tests.real.install {' '.join(lacking)}" if lacking else ""


def start(real: Engines) -> dict[str, Served]:
    """Every server on every network, serving, by the container's name."""
    models = real.folder / "models"
    models.mkdir()
    write_model(models / "tiny.gguf")
    real.docker("network", "create", "--subnet", "172.29.78.0/24", "servers")
    known = recipes()
    found = {}
    for row, name in enumerate(INSTALLED):
        for column, network in enumerate(NETWORKS):
            number = 10 * row + column
            place = (f"127.0.77.{number + 1}", 18400 + number) if network in {"bridge", "host"} else None
            one = _start(real, known[name], environment(name, known[name]), network, place)
            found[one.name] = one
    try:
        wait_for(lambda: all(map(_listens, found.values())), "a server", 150)
    except (TimeoutError, OSError) as error:
        said = [f"{name}: {real.docker('logs', '--tail', '5', name)}" for name, one in found.items()]
        raise TimeoutError("\n".join([str(error), *said])) from error
    return found


def _start(real: Engines, recipe: Recipe, home: Path, network: str, outside: tuple[str, int] | None) -> Served:
    product = recipe.product or ""
    name = f"{product}-{network}"
    host, port = {"host": outside or ("", 0), "none": ("127.0.0.1", 18409)}.get(network, _EVERYWHERE)
    words = ("-p", f"{outside[0]}:{outside[1]}:{port}") if outside and network == "bridge" else ()
    place = Place(home, Path("/tmp"))  # noqa: S108 - the container's own
    id_ = real.docker("run", "-d", "--name", name, *NETWORKS[network], *words, "-e", "HOME=/tmp", "--label", "servers",
                      *_mounts(home, real.folder / "models"),
                      "livebom/busy:1", *_ARGV[product](place, host, port)).strip()  # fmt: skip
    return Served(
        name=name,
        id=id_,
        pid=int(real.docker("inspect", "-f", "{{.State.Pid}}", id_)),
        network=network,
        product=product,
        port=port,
        outside=outside,
        models=recipe.models,
    )


def _mounts(home: Path, models: Path) -> list[str]:
    """What the server's interpreter needs of this host, and the models, all for reading."""
    folders = [*_LIBRARIES, str(home)]
    if not sys.base_prefix.startswith("/usr"):
        folders.append(sys.base_prefix)
    return [word for path in folders for word in ("-v", f"{path}:{path}:ro")] + ["-v", f"{models}:/models:ro"]


def _chroma(place: Place, host: str, port: int) -> tuple[str, ...]:
    return (place.program("chroma"), "run", "--path", "/tmp/data", "--host", host, "--port", str(port))  # noqa: S108


def _llama(place: Place, host: str, port: int) -> tuple[str, ...]:
    options = ("--model_alias", MODEL, "--n_ctx", "128", "--n_threads", "1", "--host", host, "--port", str(port))
    return (place.python, "-m", "llama_cpp.server", "--model", "/models/tiny.gguf", *options)


_ARGV = {"chroma": _chroma, "llama-cpp-python": _llama}


def _listens(one: Served) -> bool:
    """Whether it listens, as the kernel tells of its namespace."""
    rows = [line.split() for line in Path(f"/proc/{one.pid}/net/tcp").read_text().splitlines()[1:]]
    return any(row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == one.port for row in rows)


def discovering() -> tuple[str, ...]:
    """How the command begins."""
    return (sys.executable, "-m", "livebom", "discover")


def discover(real: Engines, *words: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`livebom discover` in the engines' own network, knowing their Docker alone."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("LIVEBOM_", "XDG_", "DOCKER_"))}
    return subprocess.run(
        [*real.inside(), *discovering(), *words],
        cwd=CHECKOUT,
        env={**plain, "HOME": str(home), "DOCKER_HOST": f"unix://{real.docker_socket}", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def end(real: Engines) -> None:
    """Removes the containers and their network, so that other tests see their own alone."""
    if ids := real.docker("ps", "-aq", "--filter", "label=servers").split():
        real.docker("rm", "-f", *ids)
    real.docker("network", "rm", "servers")
