"""Files of servers that checks are about: who may read or write them; what they hold only of LM Studio's mcp.json."""

import grp
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from msgspec import DecodeError, json
from msgspec.structs import replace

from livebom.bom.cleaning import cleaned
from probes.local.hints import Hints
from probes.local.options import Started
from probes.local.weights.places import on_host
from probes.local.weights.tree import Tree, placed
from probes.local.workload import Held, Looked, Workload

_BLOBS = 256
"""Files of a store that are looked at, beside its folders."""
_CAP = 1 << 20
_LOGS = 64
_SECRET = re.compile(r"auth|token|key|secret|passw|credential|cookie", re.IGNORECASE)
_REFERENCE = re.compile(r"(Bearer |Basic )?\$(\{[^}]*\}|\w+)|", re.IGNORECASE)


def with_files(looked: Iterable[Looked], hints: Hints) -> tuple[Looked, ...]:
    """The same with the files of known servers; what cannot be looked at is not there. Reads files: for a thread."""
    return tuple(replace(one, workloads=tuple(_with(workload, hints) for workload in one.workloads)) for one in looked)


def _with(workload: Workload, hints: Hints) -> Workload:
    products = {hint.product for hint in hints.of(workload)} & _LOOKS.keys() if workload.state == "running" else ()
    found = tuple(held for product in sorted(products) for held in _LOOKS[product](workload))
    return replace(workload, files=cleaned(found)) if found else workload


def _key_file(workload: Workload) -> Iterator[Held]:
    """That of llama-server's `--api-key-file`."""
    told = Started((workload,)).option("--api-key-file", env=("LLAMA_ARG_API_KEY_FILE",))
    if told and told.value:
        yield from _of(workload, told.value, "key")


def _store(workload: Workload) -> Iterator[Held]:
    """Ollama's: folders and files of `OLLAMA_MODELS`, else of the home (envconfig)."""
    home = workload.env.get("HOME", "")
    path = workload.env.get("OLLAMA_MODELS") or (home and f"{home}/.ollama/models")
    for below in ("", "/manifests", "/blobs") if path else ():
        yield from _of(workload, f"{path}{below}", "store")
    yield from _within(workload, f"{path}/blobs", "store", _BLOBS) if path else ()


def _lm_studio(workload: Workload) -> Iterator[Held]:
    """Its mcp.json, and whether there are logs."""
    home = workload.env.get("HOME", "")
    for folder in (f"{home}/.lmstudio", f"{home}/.cache/lm-studio") if home else ():
        own = list(_of(workload, folder, "home"))
        if own:
            yield from own
            yield from _mcp(workload, f"{folder}/mcp.json")
            yield from _within(workload, f"{folder}/server-logs", "logs", _LOGS)
            return


_LOOKS: dict[str, Callable[[Workload], Iterator[Held]]] = {
    "llamacpp": _key_file,
    "ollama": _store,
    "lmstudio": _lm_studio,
}


def _mcp(workload: Workload, path: str) -> Iterator[Held]:
    for held in _of(workload, path, "mcp"):
        place, root = on_host(workload, path)
        folder, _, name = place.rpartition("/")
        try:
            with Tree(folder or "/", root) as tree:
                told = json.decode(tree.read(name, _CAP) or b"{}")
        except (OSError, ValueError, DecodeError, RecursionError):
            yield held
            continue
        servers = told.get("mcpServers") if isinstance(told, dict) else None
        if isinstance(servers, dict):
            yield replace(held, servers=len(servers), secrets=tuple(sorted(_secrets(servers)))[:16])
        else:
            yield replace(held, servers=0)


def _secrets(servers: dict[str, Any]) -> set[str]:
    """Where a secret stands as plain text: only the names."""
    return {
        f"{place}.{name}"[:80]
        for server in servers.values()
        if isinstance(server, dict)
        for place in ("headers", "env")
        if isinstance(server.get(place), dict)
        for name, value in server[place].items()
        if isinstance(value, str) and _SECRET.search(name) and not _REFERENCE.fullmatch(value.strip())
    }


def _within(workload: Workload, path: str, role: str, most: int) -> Iterator[Held]:
    """The files of a folder, as many as are looked at."""
    place, root = on_host(workload, path)
    try:
        with Tree(place, root) as tree:
            names = [name for name, is_folder in tree.entries() if not is_folder]
    except (OSError, ValueError):
        return
    for name in islice(names, most):
        yield from _of(workload, f"{path}/{name}", role)


def _of(workload: Workload, path: str, role: str) -> Iterator[Held]:
    """One file or folder, whose links lead nowhere but into what the workload sees."""
    if not path.startswith("/"):
        path = f"{workload.cwd}/{path}" if workload.cwd else ""
    place, root = on_host(workload, path) if path else ("", "")
    if not root:
        return
    try:
        facts, ways = _facts(place, root)
    except (OSError, ValueError):
        return
    yield Held(
        role=role,
        path=path,
        mode=stat.S_IMODE(facts.st_mode),
        folder=stat.S_ISDIR(facts.st_mode),
        owner=facts.st_uid,
        all_reach=all(way.st_mode & stat.S_IXOTH for way in ways),
        group_reaches=all(_group_enters(way, facts.st_gid) for way in ways),
        people=_people(facts) if root == "/" else (),
    )


def _facts(place: str, root: str) -> tuple[os.stat_result, list[os.stat_result]]:
    """Of the file, and of the folders on the way to it."""
    folder, _, name = place.rstrip("/").rpartition("/")
    try:
        with Tree(place, root) as tree:
            shown = tree.shown
    except NotADirectoryError:
        with Tree(folder or "/", root) as tree:
            fd, _, inside = tree.open(name)
            os.close(fd)
            shown = f"{tree.shown.rstrip('/')}/{inside}"
    below, top = placed(shown)
    parts = [part for part in below.split("/") if part]
    ways = [f"{top.rstrip('/')}/{'/'.join(parts[:count])}" for count in range(1, len(parts) + 1)]
    return os.lstat(shown), [os.lstat(way) for way in ways]


def _group_enters(way: os.stat_result, group: int) -> bool:
    return bool(way.st_mode & (stat.S_IXGRP if way.st_gid == group else stat.S_IXOTH))


def _people(facts: os.stat_result) -> tuple[str, ...]:
    """Who else is in the file's group, as this host's list of groups tells."""
    try:
        members = grp.getgrgid(facts.st_gid).gr_mem
    except (KeyError, OSError):
        return ()
    return tuple(sorted(members)[:16])
