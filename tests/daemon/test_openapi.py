"""docs/openapi.json is what a running daemon does: every route is asked, and what goes to and fro fits the document."""

import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from daemon.handed import HandedOver
from daemon.openapi import document
from daemon.wire import Batch, SqlRequest, SweepRequest
from livebom.bom.observation import Observation
from livebom.bom.parts import PartKind
from livebom.surfaces import Looked
from tests.daemon.running import Forks, Running
from tests.lab import ROOT, Lab

DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
JSON, LINES, PROBLEM = "application/json", "application/jsonl", "application/problem+json"
SEEN = Observation(
    sweep="-",
    at=datetime(2026, 11, 21, tzinfo=UTC),
    surface="host",
    source="proc",
    kind=PartKind.HOST,
    subject="lab/192.0.2.7",
)
BATCH = Batch(surface="host", source="proc", observations=(SEEN,))
HANDED = HandedOver(collector="containers", looked=(Looked(source="docker unix:///nowhere", absent="nobody there"),))
HERE, OTHER = SweepRequest(groups=("lab",)), SweepRequest(groups=("lab",), priority=1)
NOWHERE = SweepRequest(groups=("nobody",))
SINCE = "since=2020-01-01T00:00:00Z"
QUERY = SqlRequest(query="SELECT count(*) AS n FROM part WHERE kind = $kind", parameters={"kind": "host"})
DROP = SqlRequest(query="DROP TABLE part")
# Method, path, query, body, header, and the status that is to come. SWEEP stands for one that has ended.
ASKED: list[tuple[str, str, str, Any, str, int]] = [
    ("POST", "/v1/sweeps", "", HERE, "Idempotency-Key: o-1", 202),
    ("POST", "/v1/sweeps", "", HERE, "Idempotency-Key: o-1", 200),
    ("POST", "/v1/sweeps", "", OTHER, "Idempotency-Key: o-1", 422),
    ("POST", "/v1/sweeps", "", NOWHERE, "", 400),
    ("POST", "/v1/sweeps", "", {"group": "lab"}, "", 400),
    ("GET", "/v1/sweeps", "limit=5", None, "", 200),
    ("GET", "/v1/sweeps/{id}", "", None, "", 200),
    ("GET", "/v1/sweeps/{id}/events", "", None, "", 200),
    ("DELETE", "/v1/sweeps/{id}", "", None, "", 200),
    ("GET", "/v1/status", "", None, "", 200),
    ("GET", "/v1/metrics", "", None, "", 200),
    ("GET", "/v1/services", "at=now&all=true&limit=1", None, "", 200),
    ("GET", "/v1/services", "", None, f"Accept: {LINES}", 200),
    ("GET", "/v1/services", "cursor=nobody", None, "", 410),
    ("GET", "/v1/changes", f"{SINCE}&severity=info&event=*", None, "", 200),
    ("GET", "/v1/changes", SINCE, None, f"Accept: {LINES}", 200),
    ("GET", "/v1/changes", "", None, "", 400),
    ("GET", "/v1/findings", "severity=info&all=true", None, "", 200),
    ("GET", "/v1/findings", "", None, f"Accept: {LINES}", 200),
    ("GET", "/v1/findings", "severity=bad", None, "", 400),
    ("POST", "/v1/sql", "", QUERY, "", 200),
    ("POST", "/v1/sql", "", DROP, "", 400),
    ("POST", "/v1/observations", "", BATCH, "", 201),
    ("POST", "/v1/observations", "", {"surface": "host"}, "", 400),
    ("POST", "/v1/workloads", "", HANDED, "", 202),
    ("POST", "/v1/workloads", "", {"collector": "Host"}, "", 400),
    ("PUT", "/v1/pause", "", None, "", 200),
    ("DELETE", "/v1/pause", "", None, "", 200),
    ("POST", "/v1/config/reload", "", None, "", 200),
    ("GET", "/v1/changes", SINCE, None, "", 200),
]
ENDLESS = ("get", "/v1/events")
"""Followed until the caller ends it."""


@pytest.fixture(scope="module")
def daemon(forks: Forks, one_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str]]:
    """A daemon, and a sweep of it that has ended."""
    place = one_lab.add("ollama-0.32.15-default")
    groups = {"lab": f"{{include: [{place.host}], ports: {place.port}}}"}
    one = Running(forks, tmp_path_factory.mktemp("daemon"), groups=groups).start()
    try:
        yield one, one.ended(one.sweep().id).id
    finally:
        one.close()
        one_lab.clear()


def fits(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with the value."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return [str(error) for error in jsonschema_rs.iter_errors(whole, value)]


def sent(socket_path: str, method: str, target: str, header: str, body: Any) -> tuple[int, str, bytes]:
    """Status, content type and body of the answer."""
    data = b"" if body is None else msgspec.json.encode(body)
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(20)
        one.connect(socket_path)
        kind = f"Content-Type: {JSON}\r\n" if data else ""
        further = f"{header}\r\n" if header else ""
        head = f"{method} {target} HTTP/1.0\r\nHost: localhost\r\n{kind}{further}Content-Length: {len(data)}\r\n\r\n"
        one.sendall(head.encode() + data)
        whole = b"".join(iter(lambda: one.recv(65536), b""))
    top, _, rest = whole.partition(b"\r\n\r\n")
    told = re.search(rb"(?i)content-type: ([^;\r]+)", top)
    return int(top.split()[1]), told[1].decode() if told else "", rest


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path", "query", "body", "header", "status"),
    ASKED,
    ids=[f"{method} {path} {status} {number}" for number, (method, path, *_, status) in enumerate(ASKED)],
)
def test_what_goes_to_and_fro_fits_the_document(
    daemon: tuple[Running, str], method: str, path: str, query: str, body: Any, header: str, status: int
) -> None:
    one, sweep = daemon
    its = DOCUMENT["paths"][path][method.lower()]
    names = {its["name"] for its in its["parameters"]}
    assert {name.partition("=")[0] for name in query.split("&") if name} <= names
    if body is not None:
        given = json.loads(msgspec.json.encode(body))
        schema = its["requestBody"]["content"][JSON]["schema"]
        assert (fits(schema, given) == []) == (not isinstance(body, dict)), "what is refused does not fit either"
    target = path.replace("{id}", sweep) + (f"?{query}" if query else "")
    found, kind, answer = sent(str(one.socket), method, target, header, body)
    assert found == status, answer
    schema = its["responses"][str(status)]["content"][kind]["schema"]
    if kind in {JSON, PROBLEM}:
        assert fits(schema, json.loads(answer)) == []
    elif kind == LINES:
        assert [fits(schema, json.loads(line)) for line in answer.splitlines()] == [[]] * len(answer.splitlines())


def test_every_route_is_asked() -> None:
    told = {(method, path) for path, its in DOCUMENT["paths"].items() for method in its}
    assert {(method.lower(), path) for method, path, *_ in ASKED} | {ENDLESS} == told


def test_the_document_is_the_one_that_the_routes_make() -> None:
    assert json.loads(msgspec.json.encode(document())) == DOCUMENT, "python -m daemon.openapi > docs/openapi.json"
