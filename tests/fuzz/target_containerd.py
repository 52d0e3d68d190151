"""What ctr and crictl print: tasks, details of a container, its OCI specification."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from livebom.bom.redact import redact
from probes.local.containerd import _Look
from probes.local.cri import Cri, _Inspected
from probes.local.inspected import UNREADABLE
from probes.local.workload import Window
from tests.fuzz.made import encoded
from tests.fuzz.targets import joined, parts
from tests.probes.local.shapes import graph_of, told

JSON_AFTER = 1
WINDOW = Window(redact=partial(redact, key=b"k"))
ID = "4f" * 32


class Look(_Look):
    """One that is told these bytes in place of what a program prints."""

    tasks = one = b""

    def _ask(self, *words: str) -> bytes:
        return b"default" if words[0] == "namespaces" else self.tasks if "tasks" in words else self.one

    def _names(self, *words: str) -> list[str]:
        return [ID] if "containers" in words else ["moby"]


def one_input(data: bytes) -> None:
    pieces = parts(data[1:], 2)
    if data[:1] and data[0] & 1:
        try:
            made = Cri("containerd", Path("/x"), "crictl")._workload(
                msgspec.json.decode(pieces[0], type=_Inspected), WINDOW
            )
        except UNREADABLE:
            return
        graph_of(told(made))
        return
    look = Look(("ctr",), "containerd", WINDOW)
    look.tasks, look.one = pieces[-1] if len(pieces) > 1 else b"", pieces[0]
    looked = look.told()
    graph_of(told(*looked.workloads))


def seeds() -> Iterator[bytes]:
    spec: dict[str, Any] = {
        "process": {"args": ["ollama", "serve", "--api-key=x"], "env": ["OLLAMA_HOST=0.0.0.0"],
                    "cwd": "/", "user": {"uid": 0},
                    "capabilities": {"bounding": ["CAP_SYS_ADMIN", "CAP_CHOWN"]}},
        "mounts": [{"source": "/srv", "destination": "/m", "type": "bind", "options": ["rbind", "ro"]}],
        "linux": {"namespaces": [{"type": "network"}], "devices": [{"path": "/dev/nvidia0"}]},
    }  # fmt: skip
    labels = {"nerdctl/name": "llm", "io.kubernetes.pod.name": "p", "io.kubernetes.pod.namespace": "n"}
    info = {
        "Image": "x@sha256:" + "ab" * 32,
        "Labels": labels,
        "CreatedAt": "2026-11-21T09:00:00.123456789Z",
        "Spec": spec,
    }
    yield b"\0" + joined([encoded(info), f"TASK PID STATUS\n{ID} 77 RUNNING\n".encode()])
    status = {"id": ID, "metadata": {"name": "llm"}, "state": "CONTAINER_RUNNING", "image": {"image": "x:1"},
              "imageRef": "x@sha256:" + "12" * 32, "labels": labels, "startedAt": "2026-11-21T09:00:00Z"}  # fmt: skip
    yield b"\1" + encoded({"status": status, "info": {"pid": 5, "privileged": True, "runtimeSpec": spec}})
