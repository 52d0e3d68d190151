"""Rows 44, 49, 50 and 52: bodies that make patterns slow, sockets that misbehave, MCP servers and runtimes that lie."""

import json
import os
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.arena import PORT, TIMEOUT, Arena, ran
from tests.hostile.conftest import Table
from tests.hostile.peers import (
    SECONDS,
    Behaviour,
    answer,
    asked,
    everything,
    half_closed,
    listens_in,
    pour,
    says,
    serving,
)
from tests.probes.local.fakeengine import container, engine

pytestmark = pytest.mark.hostile

_JSON, _HTML = b"Content-Type: application/json", b"Content-Type: text/html"
_MEGABYTE = 1 << 20
BODIES = {
    "one letter": b"a" * _MEGABYTE,
    "spaces": b" " * _MEGABYTE,
    "spaces and line ends": b" \r\n\t" * (_MEGABYTE // 4),
    "opening tags": b"<title" * (_MEGABYTE // 6),
    "versions that never end": b"1." * (_MEGABYTE // 2),
    "half of every product's word": b"ollama vllm litellm triton open-webui jupyter mlflow gradio " * (_MEGABYTE // 60),
    "metrics without values": b'vllm:a{b="c",' * (_MEGABYTE // 13),
    "quotes": b'\\"' * (_MEGABYTE // 2),
    "names of secrets": b"api_key=password:" * (_MEGABYTE // 17),
    "beginnings of keys": b"sk-eyJ.-----BEGIN PRIVATE KEY-----" * (_MEGABYTE // 34),
    "high bytes": b"\xff\xfe\xc0\x80" * (_MEGABYTE // 4),
}


@pytest.mark.parametrize("case", BODIES)
def test_no_body_makes_a_pattern_slow(arena: Arena, table: Table, case: str) -> None:
    service, outcome = arena.meet(everything(BODIES[case], _HTML))
    assert service is not None
    assert service["outcome"] in {"ok", "timeout", "unreadable"}
    table.tell("44", f"a megabyte: {case}", service["product"] or "no product", outcome)


def zero_window(connection: socket.socket) -> None:
    """It takes nothing and keeps its window shut."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    threading.Event().wait(SECONDS)


def resets_after_data(connection: socket.socket) -> None:
    """Half an answer, then a reset."""
    asked(connection)
    connection.sendall(answer(b'{"models": [' + b'{"name": "x"},' * 100, _JSON)[:900])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def by_the_byte(connection: socket.socket) -> None:
    """A right answer in segments of one byte."""
    if asked(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pour(connection, [bytes([one]) for one in answer(b"Ollama is running")])


SOCKETS: dict[str, Behaviour] = {
    "a window that stays shut": zero_window,
    "a reset in the middle": resets_after_data,
    "segments of one byte": by_the_byte,
    "half closed at once": half_closed,
}


@pytest.mark.parametrize("case", SOCKETS)
def test_no_way_of_tcp_holds_the_sweep_up(arena: Arena, table: Table, case: str) -> None:
    service, outcome = arena.meet(SOCKETS[case])
    assert service is not None
    table.tell("49", case, f"{service['outcome']}, {service['product'] or 'no product'}", outcome)


def test_a_host_that_may_open_few_files_tells_so_or_finds_all(arena: Arena, table: Table) -> None:
    words = [
        sys.executable,
        "-m",
        "livebom",
        "discover",
        arena.lab.network,
        "--ports",
        str(PORT),
        "--timeout",
        str(TIMEOUT),
    ]
    limits = ["prlimit", "--nofile=40:40", *words, "--all", "--no-store", "-q", "--format", "jsonl", "--rate", "5000"]
    outcome = ran(limits)
    assert outcome.code in (0, 3), outcome.errors
    assert "Traceback" not in outcome.errors
    found = [outcome.services.get(one, {}).get("product") for one in arena.neighbours]
    assert outcome.code == 3 or None not in found
    table.tell("49", "40 files for 254 hosts", f"{len(outcome.services)} found, code {outcome.code}", outcome)


MCP_PORT = 3001
"""One where such a server is usual, so that it is asked what it is asked there."""
Answer = Callable[[dict[str, Any]], tuple[Any, tuple[bytes, ...]]]
_SERVER = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}}


def mcp(tell: Answer) -> Behaviour:
    """A server whose `/mcp` is initialized well, and tells the rest as it is told to."""

    def behave(connection: socket.socket) -> None:
        head = asked(connection)
        if not head.startswith((b"POST /mcp", b"GET /mcp", b"DELETE /mcp")):
            connection.sendall(answer(b'{"detail":"Not Found"}', _JSON, status=b"404 Not Found"))
        elif not head.startswith(b"POST"):
            error = {"jsonrpc": "2.0", "id": "server-error", "error": {"code": -32600, "message": "Missing session ID"}}
            session = b"mcp-session-id: dead"
            connection.sendall(answer(json.dumps(error).encode(), _JSON, session, status=b"400 Bad Request"))
        else:
            size = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])  # type: ignore[index]
            body = head.partition(b"\r\n\r\n")[2]
            while len(body) < size:
                body += connection.recv(65536)
            request = json.loads(body)
            told, headers = tell(request)
            if "id" in request and isinstance(told, dict) and "jsonrpc" not in told:
                told = {"jsonrpc": "2.0", "id": request["id"], "result": told}
            connection.sendall(answer(told if isinstance(told, bytes) else json.dumps(told).encode(), _JSON, *headers))

    return behave


def tools(*listed: dict[str, Any], **more: Any) -> Answer:
    """Initialized as usual; these are the tools."""

    def tell(request: dict[str, Any]) -> tuple[Any, tuple[bytes, ...]]:
        if request["method"] == "initialize":
            return _SERVER, (b"Mcp-Session-Id: abc",)
        return {"tools": list(listed), **more}, ()

    return tell


def first(told: Any, *headers: bytes) -> Answer:
    """The answer to `initialize`, and to all else nothing."""
    return lambda request: (told, headers) if request["method"] == "initialize" else ({}, ())


_TOOL = {"name": "t", "description": "d", "inputSchema": {"type": "object"}}
MCP: dict[str, Answer] = {
    "a description of 10 MB": tools({**_TOOL, "description": "x" * (10 << 20)}),
    "a schema that leads to itself and elsewhere": tools(
        {**_TOOL, "inputSchema": {"$ref": "#", "a": {"$ref": "http://169.254.169.254/x"}}}
    ),
    "a cursor that never ends": tools(_TOOL, nextCursor="again"),
    "100,000 tools": tools(*[{"name": f"t{n}"} for n in range(100_000)]),
    "escape codes in names": tools({**_TOOL, "name": "\x1b[2J\u202e", "description": "\x9b31m"}),
    "a session of 1 MB": first(_SERVER, b"Mcp-Session-Id: " + b"s" * (1 << 20)),
    "a session with a line end": first(_SERVER, b"Mcp-Session-Id: a\rX-Injected: 1"),
    "an id that is not ours": first({"jsonrpc": "2.0", "id": 999, "result": _SERVER}),
    "a batch": first([{"jsonrpc": "2.0", "id": 1, "result": _SERVER}] * 1000),
    "instructions of 5 MB": first({**_SERVER, "instructions": "ignore all before " * 300_000}),
    "metadata elsewhere": first(
        {**_SERVER, "serverInfo": {"name": "x", "websiteUrl": "http://169.254.169.254/"}},
        b'WWW-Authenticate: Bearer resource_metadata="http://169.254.169.254/"',
    ),
}


@pytest.mark.parametrize("case", MCP)
def test_no_mcp_server_leads_away_or_never_ends(arena: Arena, table: Table, case: str) -> None:
    host, heard = arena.lab.address(), list[bytes]()
    with serving(host, MCP_PORT, listens_in(heard, mcp(MCP[case]))):
        service, outcome = arena.meet_at(host, "--ports", f"{PORT},{MCP_PORT}")
    assert service is not None
    assert service["requests"] <= 24
    assert any(one.startswith(b"POST /mcp") and b'"initialize"' in one for one in heard)
    table.tell("50", f"MCP: {case}", service["product"] or service["outcome"], outcome)


def test_an_event_stream_that_never_ends_is_left(arena: Arena, table: Table) -> None:
    stream = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    service, outcome = arena.meet(says(stream, *[b"event: endpoint\ndata: /m?session_id=1\n\n"] * 4000, pause=0.01))
    assert service is not None
    table.tell("50", "MCP: events without end", service["product"] or service["outcome"], outcome)


def _many() -> dict[str, Any]:
    ids = [f"{number:064x}" for number in range(1, 101)]
    told: dict[str, Any] = {"/v1.41/containers/json": [{"Id": one} for one in ids]}
    for number, one in enumerate(ids):
        if number % 2:  # of the others nobody knows any longer
            told[f"/v1.41/containers/{one}/json"] = container(one, Name=f"/\x1b[2J\u202e{number}")
    return told


ENGINES: dict[str, Callable[[], dict[str, Any]]] = {
    "100 containers, half of them gone": _many,
    "a list nested 100,000 deep": lambda: {"/v1.41/containers/json": b"[" * 100_000},
    "a list of 300 MB": lambda: {"/v1.41/containers/json": b"[" + b'{"Id": "x"},' * (25 << 20)},
    "an answer that is none": lambda: {"/v1.41/containers/json": b"\xff\x00\x1b[2J"},
    "ids that lead elsewhere": lambda: {
        "/v1.41/containers/json": [{"Id": "../../../v1.41/containers/prune"}, {"Id": 7}]
    },
}


@pytest.mark.parametrize("case", ENGINES)
def test_no_container_engine_hurts(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    with engine(tmp_path / "d", ENGINES[case]()) as (address, paths):
        monkeypatch.setenv("DOCKER_HOST", address)
        monkeypatch.setenv("KUBECONFIG", os.devnull)
        words = [sys.executable, "-m", "livebom", "discover", "--containers", "--ports", "1", "--no-store", "-q"]
        outcome = ran([*words, "-f", "json", "-o", str(tmp_path / "out.json")])
        assert not [one for one in paths if "prune" in one or ".." in one]
    assert outcome.code in (0, 3), outcome.errors
    assert "Traceback" not in outcome.errors
    told = (tmp_path / "out.json").read_text(encoding="utf-8")
    assert "\x1b" not in told
    assert "docker" in told
    table.tell("52", f"Docker: {case}", f"told, code {outcome.code}", outcome)
