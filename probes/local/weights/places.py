"""Where models may lie: in the usual caches of each home, and where the workloads say."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from probes.local.weights.named import absolute, named, paths
from probes.local.weights.shapes import Place, PlaceKind
from probes.local.workload import Mount, Workload

_USUAL: tuple[tuple[str, PlaceKind], ...] = (
    (".cache/huggingface/hub", "huggingface"),
    (".ollama/models", "ollama"),
    (".lmstudio/models", "lmstudio"),
    (".cache/lm-studio/models", "lmstudio"),
    (".cache/llama.cpp", "folder"),
    (".local/share/nomic.ai/GPT4All", "folder"),
)
"""Below a home."""
_SERVICE = ("/usr/share/ollama/.ollama/models", "ollama")
_CACHES = ("--download-dir", "--huggingface-hub-cache", "--weights-cache-override")
_REPOSITORIES = ("--model-repository", "--model-store")
_FOLDERS = ("--models-path", "--models-dir", "--model-dir")
_HUB = (
    ("HF_HUB_CACHE", ""),
    ("HUGGINGFACE_HUB_CACHE", ""),
    ("HF_HOME", "/hub"),
    ("XDG_CACHE_HOME", "/huggingface/hub"),
)
"""The variables that move the cache of the hub, the strongest first, and what is below them."""
_LIKELY = ("model", "weights", "checkpoint", "lora")
"""What stands in the name of a folder that is mounted for models."""


def homes(users: Path = Path("/etc/passwd")) -> tuple[str, ...]:
    """The homes of the users of this host, by their file; those that cannot log in may run servers too."""
    try:
        lines = [line.split(":") for line in users.read_text("utf-8", "replace").splitlines()[:10_000]]
    except OSError:
        return ()
    return tuple(
        sorted({words[5] for words in lines if len(words) > 6 and words[5].count("/") > 0 and words[5] != "/"})
    )


def places(workloads: Iterable[Workload], homes: Iterable[str] = ()) -> tuple[Place, ...]:
    """Every place once, with all the workloads that name it."""
    users: dict[tuple[str, PlaceKind, str], set[str]] = {}
    for home in homes:
        for below, kind in _USUAL:
            users.setdefault((f"{home.rstrip('/')}/{below}", kind, "/"), set())
    users.setdefault((_SERVICE[0], "ollama", "/"), set())
    for workload in workloads:
        for path, kind in _told(workload):
            if path.strip("/"):
                place, root = on_host(workload, path)
                if root:
                    users.setdefault((place, kind, root), set()).add(workload.id)
    return tuple(
        Place(path=path, kind=kind, root=root, users=tuple(sorted(who)))
        for (path, kind, root), who in sorted(users.items())
    )


def _told(workload: Workload) -> Iterator[tuple[str, PlaceKind]]:
    """Path as the workload sees it, and what it should be."""
    for one in named(workload):
        yield one.path, "folder"
    yield from ((path, "huggingface") for path in paths(workload, _CACHES))
    yield from ((path, "triton") for path in paths(workload, _REPOSITORIES))
    yield from ((path, "folder") for path in paths(workload, _FOLDERS))
    yield from _variables(workload)
    for mount in workload.mounts:
        if any(word in PurePosixPath(mount.destination).name.lower() for word in _LIKELY):
            yield mount.destination, "folder"


def _variables(workload: Workload) -> Iterator[tuple[str, PlaceKind]]:
    env = workload.env
    hub = next((env[name] + below for name, below in _HUB if env.get(name)), "")
    home = env.get("HOME", "")
    yield absolute(workload, hub), "huggingface"
    if env.get("OLLAMA_MODELS"):
        yield absolute(workload, env["OLLAMA_MODELS"]), "ollama"
    if env.get("LLAMA_CACHE"):
        yield absolute(workload, env["LLAMA_CACHE"]), "folder"
    for below, kind in _USUAL if home else ():
        if kind != "huggingface" or not hub:
            yield absolute(workload, f"{home}/{below}"), kind


def on_host(workload: Workload, path: str) -> tuple[str, str]:
    """Where on this host lies what the workload sees there: path and root, no root where unknown.

    Through a mount, else through the root of its process.

    What is mounted is a root of its own: whoever writes there must not lead us elsewhere by a link.
    """
    for mount in sorted(workload.mounts, key=lambda one: -len(one.destination)):
        rest = _below(mount, path)
        if rest is not None:
            folder, _, name = mount.source.rstrip("/").rpartition("/")
            return (rest, mount.source) if rest else (f"/{name}", folder or "/")
    inside = workload.container is not None or bool(workload.runtime)
    if not inside:
        return path, "/"
    return (path, f"/proc/{workload.pid}/root") if workload.pid else (path, "")


def _below(mount: Mount, path: str) -> str | None:
    destination = mount.destination.rstrip("/")
    if not mount.source.startswith("/") or not (path == destination or path.startswith(f"{destination}/")):
        return None
    return path[len(destination) :]
