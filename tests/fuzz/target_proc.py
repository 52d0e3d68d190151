"""What processes can write into /proc about themselves, and the tables beside it."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from livebom.bom.redact import redact
from probes.local.cgroups import container_of, unit_of
from probes.local.options import plain
from probes.local.proc import listeners
from probes.local.process import Processes
from probes.local.workload import Window, Workload
from tests.fuzz.made import folder
from tests.fuzz.targets import joined, parts
from tests.probes.local.fakeproc import ID, boot, listening, process, word
from tests.probes.local.shapes import graph_of, told

NAMES = ("cmdline", "environ", "stat", "status", "cgroup", "net/tcp", "net/tcp6")
WINDOW = Window(keep_env=frozenset({"OLLAMA_HOST"}), redact=partial(redact, key=b"k"))


def tree() -> Path:
    """One tree for all inputs: the files of one process change."""
    root = folder() / "proc"
    root.mkdir()
    boot(root)
    opened = ["socket:[77]", "/dev/nvidia0"]
    process(root, 40, "ollama", "serve", opened=opened, cgroup=f"0::/system.slice/docker-{ID}.scope\n")
    listening(root / "40", (word("127.0.0.1"), 8000, 77))
    return root


ROOT = tree()
HONEST = {name: (ROOT / "40" / name).read_bytes() for name in NAMES if (ROOT / "40" / name).exists()}


def one_input(data: bytes) -> None:
    for name, piece in zip(NAMES, parts(data, len(NAMES)), strict=False):
        (ROOT / "40" / name).write_bytes(piece or HONEST.get(name, b""))
    text = data.decode("utf-8", "replace")
    container_of(text)
    unit_of(text)
    plain(("sh", "-c", text[:2000]))
    listeners(text)
    looked = Processes(lambda workload: bool(workload.argv), ROOT, Path("/nonexistent")).look(WINDOW)
    assert isinstance(looked.workloads, tuple)
    assert all(isinstance(one, Workload) for one in looked.workloads)
    graph_of(told(*looked.workloads))


def seeds() -> Iterator[bytes]:
    yield joined(HONEST.get(name, b"") for name in NAMES)
    secret = b"vllm\0serve\0m\0--api-key\0hf_" + b"a" * 34 + b"\0--port=8000"
    yield joined([secret, b"HF_TOKEN=hf_" + b"b" * 34 + b"\0OLLAMA_HOST=0.0.0.0\0=x"])
    yield joined([b"sh\0-c\0exec ollama serve", b"", b"40 (a) b)) S 1" + b" 1" * 30, b"Uid:\t0\t998\t0\t0\n"])
    with suppress(IndexError):
        yield HONEST["net/tcp"].splitlines()[1]
