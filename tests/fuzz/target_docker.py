"""What Docker and Podman answer: the list, a container, its image and events, down to what a look tells of it."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import cast

from livebom.bom.redact import redact
from livebom.net.engine_api import Answer, EngineClient, EngineError
from probes.local.engine import Dialect, _Look, _tell, spoken
from probes.local.workload import Window
from tests.fuzz.made import encoded
from tests.fuzz.targets import joined, parts
from tests.probes.local.fakeengine import ID, IMAGE, container
from tests.probes.local.shapes import graph_of, told

JSON_AFTER = 1
SECRET = "sk-proj-" + "Ab1" * 12
WINDOW = Window(keep_env=frozenset({"MODEL"}), redact=partial(redact, key=b"k"))


class Answers:
    """An engine's answers by what they are about."""

    peer = 4_000_000
    """Not root, so that processes are looked at before they are believed."""

    def __init__(self, listed: bytes, one: bytes, image: bytes) -> None:
        self.listed, self.one, self.image = listed, one, image

    def get(self, path: str, cap: int) -> Answer:
        body = self.image if "/images/" in path else self.listed if "?all" in path else self.one
        return Answer(200, {}, body[:cap])


def one_input(data: bytes) -> None:
    """One part is a container; three are the list, a container and its image; the first byte's last bit, an event."""
    pieces = parts(data[1:], 3)
    if data[:1] and data[0] & 1:
        _tell(pieces[0], lambda action, actor: None)
        with suppress(EngineError):
            spoken(Answer(200, {"api-version": pieces[-1][:40].decode("latin-1")}, b"OK"))
        return
    listed, one, image = pieces if len(pieces) == 3 else (encoded([{"Id": ID}]), pieces[0], b"{}")
    client = cast("EngineClient", Answers(listed, one, image))
    with suppress(EngineError):
        looked = _Look(
            "docker", "docker unix:///x", client, Dialect("/v1.41", libpod=False), WINDOW, monotonic() + 9
        ).told()
        assert SECRET not in repr([(one.argv, one.env, one.labels) for one in looked.workloads])
        assert all(0 < at.port < 65536 and 0 < at.inner < 65536 for one in looked.workloads for at in one.published)
        graph_of(told(*looked.workloads[:2]))


def seeds() -> Iterator[bytes]:
    config = {
        "Image": "ollama/ollama@sha256:" + "ab" * 32,
        "Env": [f"OPENAI_API_KEY={SECRET}"],
        "Labels": {"a": SECRET},
        "User": "0",
        "WorkingDir": "/srv",
    }
    many = container(Config=config, ImageDigest="sha256:" + "ab" * 32)
    image = {"RepoDigests": ["vllm/vllm-openai@sha256:" + "cd" * 32], "Id": IMAGE}
    yield b"\0" + encoded(container())
    yield b"\0" + encoded(many)
    yield b"\0" + joined([encoded([{"Id": ID}, {"Id": "x"}]), encoded(container()), encoded(image)])
    yield b"\1" + joined([encoded({"Action": "start", "Actor": {"ID": ID}}), b"1.41"])
    yield b"\1" + encoded({"status": "died", "Actor": {"ID": ID, "Attributes": {"name": "x"}}})
