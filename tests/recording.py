"""Recorded conversations with servers: their format, and how they are read."""

import zlib
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

FOLDER = Path(__file__).resolve().parent / "recordings"

End = Literal["close", "wait", "reset"]
"""How a peer ends that does not answer as HTTP: it closes, it stays silent for ever, or it resets."""

_CHUNK = 1 << 16


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was asked; of the headers only those that can change the answer. Path `*` stands for every unknown path."""

    method: str
    path: str
    headers: list[tuple[str, str]] = []
    body: str = ""

    def header(self, name: str) -> str | None:
        """The first header of that name, case ignored, or None."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Flow(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rule for bytes too many to keep: `before`, then `unit` again and again, then `after`."""

    unit: str
    """Latin-1 text; `{n}` counts from 0."""
    joint: str = ""
    """Between two units."""
    before: str = ""
    after: str = ""
    times: int | None = None
    """None means for ever."""
    gzip: bool = False
    pause: float = 0.0
    """Seconds between two units."""


class Response(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What came back. Without a status it is a raw peer: `raw_base64`, then `flow`, then `end`."""

    status: int | None = None
    reason: str = ""
    version: str = "1.1"
    headers: list[tuple[str, str]] = []
    """In wire order, names as sent."""
    body: str = ""
    body_base64: str = ""
    cut_from: int | None = None
    """Bytes of the body as the server sent it, where trimming made it shorter."""
    echo: bool = False
    """`{method}` and `{path}` in the body are replaced by the request's own."""
    raw_base64: str = ""
    speaks_first: bool = False
    """A raw peer that sends before it was asked (a banner)."""
    flow: Flow | None = None
    end: End | None = None
    grpc: dict[str, Any] | None = None
    """The answer of a gRPC method; kept for reading, never replayed."""

    def content(self) -> bytes:
        """The body's bytes."""
        return b64decode(self.body_base64) if self.body_base64 else self.body.encode()

    def raw(self) -> bytes:
        """What a raw peer sends before its flow."""
        return b64decode(self.raw_base64)


class Exchange(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One request and its answer."""

    request: Request
    response: Response


class Recording(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One server's answers; `synthetic` ones are written from its source, see `sources`, and were never on a wire."""

    name: str
    product: str
    """`none` for a decoy."""
    synthetic: bool = False
    sources: list[str] = []
    exchanges: list[Exchange]


def names() -> list[str]:
    """All recordings in the folder, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> Recording:
    """The recording of that name in the folder, or at that path."""
    path = Path(name) if name.endswith(".json") else FOLDER / f"{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=Recording)


def dump(recording: Recording) -> None:
    """Write it into the folder, one exchange per line so that a change shows as one."""
    head = msgspec.json.encode(replace(recording, exchanges=[]))
    lines = b",\n".join(msgspec.json.encode(one) for one in recording.exchanges)
    whole = head.removesuffix(b"[]}") + b"[\n" + lines + b"\n]}\n"
    (FOLDER / f"{recording.name}.json").write_bytes(whole)


def flow_bytes(flow: Flow) -> Iterator[bytes]:
    """The bytes of a flow: unit by unit where it pauses, else in chunks of at least 64 KiB but the last."""
    packer = zlib.compressobj(9, wbits=31) if flow.gzip else None
    joint, counted = flow.joint.encode("latin-1"), "{n}" in flow.unit
    pending = bytearray(flow.before.encode("latin-1"))
    unit = flow.unit.encode("latin-1")
    count = 0
    while flow.times is None or count < flow.times:
        pending += (joint if count else b"") + (flow.unit.replace("{n}", str(count)).encode() if counted else unit)
        count += 1
        if flow.pause or len(pending) >= _CHUNK:
            yield packer.compress(bytes(pending)) if packer else bytes(pending)
            pending.clear()
    pending += flow.after.encode("latin-1")
    yield packer.compress(bytes(pending)) + packer.flush() if packer else bytes(pending)
