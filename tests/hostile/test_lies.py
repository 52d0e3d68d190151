"""Redirects, traps for keys, catch-alls, mimics, floods and wrong clocks, each met by a whole `discover`."""

import socket
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from tests.hostile.arena import PORT, Arena, swept
from tests.hostile.conftest import Table
from tests.hostile.peers import (
    Behaviour,
    answer,
    asked,
    by_path,
    everything,
    listens_in,
    path,
    redirects,
    says,
    serving,
)
from tests.recording import load

pytestmark = pytest.mark.hostile

HTML = b"Content-Type: text/html"
JSON = b"Content-Type: application/json"
KEY = "sk-hostile-0123456789abcdef"


def _leads(other: str) -> dict[str, Behaviour]:
    """Ways to send a browser elsewhere."""
    url = f"http://{other}:{PORT}/latest/meta-data/".encode()
    return {
        "13 a loop": redirects(b"/again", b"/and-again"),
        "14 a redirect to another host": redirects(url, headers=(b"Set-Cookie: a=b",)),
        "15 a redirect to file:": redirects(b"file:///etc/passwd"),
        "15 a redirect to gopher:": redirects(b"gopher://" + url.removeprefix(b"http://")),
        "28 Refresh and Link": everything(b"hello", b"Refresh: 0; url=" + url, b"Link: <" + url + b">; rel=preload"),
        "28 a meta refresh": everything(b'<meta http-equiv="refresh" content="0;url=' + url + b'">', HTML),
        "28 a script that leaves": everything(b'<script>location="' + url + b'"</script>', HTML),
    }


@pytest.mark.parametrize("case", _leads("127.0.0.1"))
def test_nobody_is_followed_anywhere(arena: Arena, table: Table, case: str) -> None:
    heard: list[bytes] = []
    other = arena.lab.address()
    with serving(other, PORT, listens_in(heard, says(answer(b"hello")))):
        service, outcome = arena.meet(_leads(other)[case])
    assert service is not None
    row, _, title = case.partition(" ")
    table.tell(row, title, f"{service['outcome']}, {service['requests']} asks, {len(heard)} elsewhere", outcome)
    assert (service["outcome"], service["product"], heard) == ("ok", None, [])
    assert service["requests"] <= 8


def _turns_away(heard: list[bytes], with_key: bytes) -> Behaviour:
    """401 with every trap there is; who comes with a key gets the other answer."""
    schemes = (b'WWW-Authenticate: Basic realm="livebom"', b"WWW-Authenticate: NTLM", b"WWW-Authenticate: Negotiate")

    def behave(connection: socket.socket) -> None:
        request = asked(connection)
        heard.append(request)
        keyed = KEY.encode() in request
        connection.sendall(with_key if keyed else answer(b"{}", *schemes, JSON, status=b"401 Unauthorized"))

    return behave


def _targets(folder: Path, hosts: list[str], trusted: str) -> Path:
    """A targets file in which the key belongs to one origin."""
    key, file = folder / "key", folder / "targets.yaml"
    key.write_text(KEY)
    key.chmod(0o600)
    file.write_text(
        f"groups:\n  lab:\n    include: {hosts}\n    ports: {PORT}\n"
        f'    credentials:\n      - {{origin: "http://{trusted}:{PORT}", bearer_file: key}}\n'
    )
    return file


def test_a_key_goes_to_nobody_but_its_origin(arena: Arena, table: Table, tmp_path: Path) -> None:
    heard: list[bytes] = []
    host = arena.lab.address()
    file = _targets(tmp_path, [*arena.neighbours, host], trusted=arena.neighbours[0])
    with serving(host, PORT, _turns_away(heard, answer(b"thank you"))):
        outcome = swept([], "--targets", str(file))
    arena.unharmed(outcome)
    service = outcome.services[host]
    table.tell("30", "401 Basic, NTLM, Negotiate", f"{service['outcome']}, no key in {len(heard)} asks", outcome)
    assert heard
    assert not any(b"authorization" in one.lower() for one in heard)


def test_a_key_does_not_go_where_its_origin_points(arena: Arena, table: Table, tmp_path: Path) -> None:
    heard: list[bytes] = []
    elsewhere: list[bytes] = []
    host, other = arena.lab.address(), arena.lab.address()
    file = _targets(tmp_path, [*arena.neighbours, host], trusted=host)
    moved = answer(b"", f"Location: http://{other}:{PORT}/v1/models".encode(), status=b"307 Temporary Redirect")
    with ExitStack() as stack:
        stack.enter_context(serving(host, PORT, _turns_away(heard, moved)))
        stack.enter_context(serving(other, PORT, listens_in(elsewhere, says(answer(b"hello")))))
        outcome = swept([], "--targets", str(file))
    arena.unharmed(outcome)
    keyed = sum(KEY.encode() in one for one in heard)
    table.tell("31", "307 to another origin", f"{keyed} asks with key here, {len(elsewhere)} there", outcome)
    assert keyed  # else the row shows nothing
    assert elsewhere == []
    assert KEY not in str(outcome.services) + outcome.errors


@cache
def _all_of(*recordings: str) -> Behaviour:
    """Each path is answered as by the first of the recordings that knows it."""
    answers: dict[bytes, bytes] = {}
    for name in recordings:
        for one in load(name).exchanges:
            plain = one.request.method == "GET" and one.response.status == 200
            kept = [f"{key}: {value}".encode() for key, value in one.response.headers if key in ("server", "Server")]
            kind = next((value for key, value in one.response.headers if key.lower() == "content-type"), "text/plain")
            if plain:
                whole = answer(one.response.content(), f"Content-Type: {kind}".encode(), *kept)
                answers.setdefault(one.request.path.encode(), whole)
    return by_path(answers)


MIMIC = {
    b"/": answer(b"Ollama is running", b"Content-Type: text/plain"),
    b"/api/version": answer(b'{"version":"0.32.15"}', JSON),
    b"/v1/models": answer(
        b'{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"vllm","root":"m","parent":null,'
        b'"max_model_len":4096,"permission":[{"id":"modelperm-1"}]}]}',
        JSON,
    ),
    b"/api/tags": answer(
        b'{"models":[{"name":"m:1","digest":"' + b"a" * 64 + b'","details":{"family":"f","families":["f"]}}]}', JSON
    ),
    b"/version": answer(b'{"version":"0.32.0"}', JSON),
    b"/v2": answer(b'{"name":"triton","version":"2.51.0","extensions":["classification","sequence"]}', JSON),
}


def test_who_claims_three_products_is_none_of_them(arena: Arena, table: Table) -> None:
    service, outcome = arena.meet(by_path(MIMIC))
    assert service is not None
    said = f"{service['product']}, at odds: {', '.join(service['conflict'])}"
    table.tell("35", "Ollama, vLLM and Triton at once", said, outcome)
    assert service["product"] is None
    assert len(service["conflict"]) >= 2
    assert set(service["conflict"]) <= {layer["product"] for layer in service["stack"]}  # both are kept
    assert max(layer["score"] for layer in service["stack"]) < 0.6


CATCH_ALLS: dict[str, bytes] = {
    "Ollama is running": b"Ollama is running",
    "a list of models": b'{"object":"list","data":[{"id":"m","object":"model","owned_by":"vllm"}],"models":[]}',
    "a version": b'{"version":"0.5.0"}',
    "a page": b"<html><title>Open WebUI</title>vLLM Triton Ollama</html>",
}


@pytest.mark.parametrize("case", CATCH_ALLS)
def test_who_answers_every_path_alike_names_no_product(arena: Arena, table: Table, case: str) -> None:
    body = CATCH_ALLS[case]
    service, outcome = arena.meet(everything(body, JSON if body.startswith(b"{") else HTML))
    assert service is not None
    said = f"{service['product']}, {service['requests']} asks"
    table.tell("34", f"200 for every path: {case}", said, outcome)
    assert (service["product"], service["models"]) == (None, None)
    assert service["requests"] <= 8


METRICS: dict[str, tuple[str, bytes]] = {
    "a million series": ("38", b"".join(b"vllm:num_requests_running%d 1\n" % n for n in range(1_000_000))),
    "NaN, HELP twice, a label of 1 MB": (
        "40",
        b"# HELP vllm:a a\n# HELP vllm:a b\nvllm:a NaN\nvllm:a{x=" + b'"' + b"x" * 1_000_000 + b'"} +Inf\n',
    ),
    "lines that are none": ("40", b'vllm:a{b="c\nvllm:\0 1e999\n{}{}\n' * 2000),
}


@pytest.mark.parametrize("case", METRICS)
def test_metrics_cost_no_more_than_their_cap(arena: Arena, table: Table, case: str) -> None:
    row, text = METRICS[case]
    vllm = _all_of("vllm-0.32.0-default")

    def behave(connection: socket.socket) -> None:
        head = connection.recv(65536, socket.MSG_PEEK)
        if path(head).startswith(b"/metrics"):
            says(answer(text, b"Content-Type: text/plain; version=0.0.4"))(connection)
        else:
            vllm(connection)

    service, outcome = arena.meet(behave)
    assert service is not None
    table.tell(row, case, f"{service['product']}, {service['requests']} asks", outcome)
    assert service["product"] == "vllm"


def test_names_that_look_alike_stay_apart(arena: Arena, table: Table) -> None:
    place = arena.serve("vllm-0.32.0-default")
    alike = ["Llama", "llama", "\uff2clama", "Llam\u0430", "caf\u00e9", "cafe\u0301"]
    rows = ",".join(f'{{"id":"{name}","object":"model","owned_by":"vllm","root":"x"}}' for name in alike)
    arena.lab.patch(place, "/v1/models", body='{"object":"list","data":[' + rows + "]}")
    service, outcome = arena.meet_at(place.host)
    assert service is not None
    names = [model["name"] for model in service["models"] or ()]
    table.tell("39", "names of other case, width, script, form", f"{len(names)} of {len(alike)} models", outcome)
    assert sorted(names) == sorted(alike)


def test_only_our_clock_counts(arena: Arena, table: Table) -> None:
    """A token whose `iat` is in the year 5138 and a server that lives in 9999 change no time of ours."""
    token = b"Set-Cookie: s=eyJhbGciOiJub25lIn0.eyJpYXQiOjk5OTk5OTk5OTk5fQ."
    service, outcome = arena.meet(everything(b"{}", b"Date: Fri, 31 Dec 9999 23:59:60 GMT", b"Age: -1", token))
    assert service is not None
    table.tell("51", "Date of the year 9999", f"{service['outcome']}, at {service['at']}", outcome)
    assert abs(datetime.fromisoformat(service["at"]) - datetime.now(UTC)) < timedelta(minutes=5)
