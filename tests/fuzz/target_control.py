"""Bodies and queries that the control socket is sent, as it decodes them for each of its routes."""

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import parse_qsl

import msgspec

from daemon.routes import routes
from daemon.wire import Batch
from livebom.bom.graph import fold, values
from tests.fuzz.made import encoded
from tests.probes.local.shapes import docker, process, told

JSON_AFTER = 1
TAKES = [one.takes for one in routes() if one.takes is not None]
QUERIES = [one.query for one in routes() if one.query is not None]


def one_input(data: bytes) -> None:
    """The first byte's last bit says whether a query is sent or a body; each route's own is tried."""
    if data[:1] and data[0] & 1:
        pairs = dict(parse_qsl(data[1:].decode("utf-8", "replace"), keep_blank_values=True))
        for kind in QUERIES:
            with suppress(msgspec.ValidationError):
                msgspec.convert(pairs, kind, strict=False)
        return
    for kind in TAKES:
        try:
            value = msgspec.json.decode(data[1:] or b"{}", type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            assert str(error)
            continue
        msgspec.json.encode(value)
        if isinstance(value, Batch):
            graph = fold(value.observations)
            assert all(values(part) is not None for part in graph.parts.values())


def seeds() -> Iterator[bytes]:
    honest = (
        {"targets": ["10.0.0.0/24"], "groups": ["lab"], "ports": "80,443"},
        {"query": "select 1", "parameters": {"a": 1}, "max_rows": 10, "timeout": 1.5},
    )
    for body in honest:
        yield b"\0" + encoded(body)
    seen = told(docker(), process("ollama", "serve")).observations
    batch = {"surface": "runtime", "source": "docker", "scope": ["here"], "observations": msgspec.to_builtins(seen)}
    yield b"\0" + encoded(batch)
    yield b"\1limit=10&after=x&severity=high&state=open&product=vllm&since=2026-11-21T08:00:00Z"
