"""A whole conversation, greetings of gRPC, Redis and PostgreSQL included: any answers to whatever we ask."""

from collections.abc import Iterator

import msgspec

from livebom.bom.graph import fold
from probes.inspect import CONTENT_CAP
from probes.observe import listener_observation, server_observations
from tests.fuzz.talking import conversation, spoken
from tests.fuzz.targets import joined, parts
from tests.playback import UNNAMED_PORT, catalog
from tests.recording import load, names

PORTS = (UNNAMED_PORT, *catalog().ports)
LONGEST_RECORD = 4 << 20


def one_input(data: bytes) -> None:
    port = PORTS[data[0] % len(PORTS)] if data else UNNAMED_PORT
    answers = parts(data[1:], 32)
    seen, _ = conversation(port, answers)
    assert all(len(body) <= 2 * CONTENT_CAP for body in seen.content.values())
    record = msgspec.json.encode(seen.service)
    assert len(record) <= LONGEST_RECORD
    seen_there = [
        listener_observation("s", "probe", seen.service),
        *server_observations("s", "probe", [seen.service], {}, {}),
    ]
    fold(seen_there)
    again, _ = conversation(port, answers)
    assert msgspec.json.encode(again.service) == record, "the same answers are told otherwise"


def seeds() -> Iterator[bytes]:
    usual = {kit.product: kit.fingerprint.ports for kit in catalog().kits}
    for name in names():
        recording = load(name)
        port = next(iter(usual.get(recording.product, ())), UNNAMED_PORT)
        yield bytes([PORTS.index(port) if port in PORTS else 0]) + joined(spoken(name, port))
    grpc = bytes.fromhex("000000040000000000")
    for port, raw in ((6334, grpc), (19530, grpc), (6379, b"-NOAUTH Authentication required.\r\n"), (5432, b"N")):
        yield bytes([PORTS.index(port) if port in PORTS else 0]) + raw
    yield b"\0" + b"+PONG\r\n"
