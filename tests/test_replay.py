"""The replay says on the wire what was recorded, and counts what it was asked."""

import json
import socket
import ssl
import struct
import zlib
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest

from tests import recordings
from tests.answers import Answers
from tests.demo import NEW_MODEL, OLLAMA, add_model
from tests.lab import Lab, LabError, default_port, own_prefix
from tests.lab_process import Place
from tests.recording import Exchange, Recording, Request, flow_bytes, load, names
from tests.recordings.trim import LIMIT, trimmed
from tests.recordings.vary import varied
from tests.replay import NGINX, Replay

SPOKEN = [name for name in names() if any(one.response.status for one in load(name).exchanges)]
RAW = [name for name in names() if name not in SPOKEN]
Answer = tuple[int, list[tuple[str, str]], bytes]


@pytest.fixture(scope="module")
def everything() -> Iterator[tuple[Lab, dict[str, Place]]]:
    """All recordings at once, for tests that only read."""
    with Lab(own_prefix(shift=50)) as lab:
        yield lab, lab.start(names())


def request_bytes(request: Request, *, close: bool = True) -> bytes:
    given = {name.lower() for name, _ in request.headers}
    headers = [("Host", "127.0.0.1")] * ("host" not in given) + request.headers
    headers += [("Connection", "close")] * close
    headers += [("Content-Length", str(len(request.body.encode())))] * bool(request.body)
    lines = [f"{request.method} {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n" + request.body).encode()


def raw(place: Place, sent: bytes, *, most: int = 1 << 22, tls: ssl.SSLContext | None = None) -> bytes:
    """Everything that comes back until the other side closes or has sent enough."""
    received = bytearray()
    with (
        socket.create_connection((place.host, place.port), timeout=5) as plain,
        tls.wrap_socket(plain) if tls else plain as stream,
    ):
        stream.sendall(sent)
        while len(received) < most and (chunk := stream.recv(1 << 16)):
            received += chunk
    return bytes(received)


def ask(place: Place, method: str, path: str, body: str = "", **headers: str) -> Answer:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return parsed(raw(place, request_bytes(Request(method=method, path=path, headers=pairs, body=body))))


def parsed(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return int(first.split()[1]), pairs, body


def on_wire(one: Exchange) -> Answer:
    """How a recorded exchange must look: what was chunked or trimmed is framed by the length it has now."""
    response, is_head = one.response, one.request.method == "HEAD"
    size = str(len(response.content()))
    headers = [("Content-Length", size) if n.lower() == "transfer-encoding" else (n, v) for n, v in response.headers]
    if not is_head:
        headers = [(n, size if n.lower() == "content-length" else v.strip()) for n, v in headers]
        if response.status not in {204, 304} and not any(n.lower() == "content-length" for n, _ in headers):
            headers.append(("Content-Length", size))  # the real one ended its answer by closing
    assert response.status is not None
    return response.status, headers, b"" if is_head else response.content()


def recorded(name: str) -> list[Exchange]:
    """The exchanges a client can meet: of those with the same request, the first."""
    first: dict[str, Exchange] = {}
    for one in load(name).exchanges:
        if one.response.status is not None and one.response.end is None and "*" not in one.request.path:
            first.setdefault(repr(one.request), one)
    return list(first.values())


@pytest.mark.parametrize("name", SPOKEN)
def test_every_recorded_exchange_comes_back_with_its_status_header_order_and_body(
    everything: tuple[Lab, dict[str, Place]], name: str
) -> None:
    place = everything[1][name]
    for one in recorded(name):
        assert parsed(raw(place, request_bytes(one.request))) == on_wire(one), one.request


def test_an_unknown_path_is_answered_like_the_recordings_own_unknown_path(
    everything: tuple[Lab, dict[str, Place]],
) -> None:
    places = everything[1]
    assert ask(places[OLLAMA], "GET", "/8f3a")[0::2] == (404, b"404 page not found")
    assert ask(places["llama-server-0c1e57098-apikey-hardened"], "GET", "/8f3a")[0] == 401
    assert ask(places["decoy-fastapi-catchall-json-200"], "GET", "/8f3a")[0] == 200
    assert ask(places["synthetic-localai-4.9-apikey"], "GET", "/8f3a")[0] == 401
    assert ask(places["vllm-0.32.0-default"], "GET", "/v1/8f3a")[2] == b'{"detail":"Not Found"}'


def test_lm_studio_echoes_the_request_in_its_answer_to_everything(everything: tuple[Lab, dict[str, Place]]) -> None:
    place = everything[1]["synthetic-lmstudio-0.3"]
    status, headers, body = ask(place, "GET", "/api/v1/models?x=1")
    assert (status, body) == (200, b'{"error":"Unexpected endpoint or method. (GET /api/v1/models)"}')
    assert ("X-Powered-By", "Express") in headers
    assert dict(headers)["Content-Length"] == str(len(body))
    assert ask(place, "OPTIONS", "/")[2] == b'{"error":"Unexpected endpoint or method. (OPTIONS /)"}'
    assert ask(place, "HEAD", "/")[2] == b""


def test_origin_host_and_preflight_change_the_answer_as_recorded(everything: tuple[Lab, dict[str, Place]]) -> None:
    place = everything[1][OLLAMA]
    assert ask(place, "GET", "/api/tags", Origin="https://livebom-probe.invalid")[0] == 403
    assert ask(place, "GET", "/api/version", Host="livebom-probe.invalid")[0] == 403
    assert ask(everything[1]["synthetic-ollama-0.32.15-open"], "GET", "/api/version", Host="a.invalid")[0] == 200
    reflecting = everything[1]["llama-server-0c1e57098-default"]
    wanted = {"Origin": "https://livebom-probe.invalid", "Access_Control_Request_Method": "POST"}
    headers = dict(ask(reflecting, "OPTIONS", "/never/recorded", **wanted)[1])
    assert headers["Access-Control-Allow-Origin"] == "https://livebom-probe.invalid"
    assert headers["Access-Control-Allow-Credentials"] == "true"


def test_the_body_chooses_among_answers_and_never_lends_one_models_facts_to_another(
    everything: tuple[Lab, dict[str, Place]],
) -> None:
    place = everything[1][OLLAMA]
    status, _, body = ask(place, "POST", "/api/show", '{"model":"tiny:latest","name":"tiny:latest"}')
    assert status == 200
    assert b"You are a tiny test model." in body
    assert ask(place, "POST", "/api/show", '{"model":"another"}')[0] == 404
    assert ask(place, "POST", "/api/show", "{}")[2] == b'{"error":"model is required"}'
    triton = everything[1]["triton-2.51.0-explicit"]
    assert ask(triton, "POST", "/v2/repository/index", "{}")[2] == ask(triton, "POST", "/v2/repository/index")[2]
    assert ask(triton, "POST", "/v2/repository/index", '{"ready":true}')[2].count(b'"name"') == 1


def test_what_reaches_a_listener_is_counted_and_kept(lab: Lab) -> None:
    place = lab.add(OLLAMA)
    request = Request(method="GET", path="/api/tags?a=1", headers=[("X-Test", "yes")])
    with socket.create_connection((place.host, place.port), timeout=5) as stream:
        for sent in (request, Request(method="POST", path="/api/show", body="{}")):
            stream.sendall(request_bytes(sent, close=False))
            assert stream.recv(1 << 16).startswith(b"HTTP/1.1")
    socket.create_connection((place.host, place.port), timeout=5).close()
    ask(place, "HEAD", "/")
    seen = lab.requests(place)
    assert [(one.connection, one.method, one.target, one.body) for one in seen] == [
        (0, "GET", "/api/tags?a=1", ""),
        (0, "POST", "/api/show", "{}"),
        (2, "HEAD", "/", ""),
    ]
    assert seen[0].headers == {"host": "127.0.0.1", "x-test": "yes"}
    opened = lab.connections(place)
    assert len(opened) == 3
    assert opened == sorted(opened)
    assert opened[0] <= seen[0].at <= seen[1].at <= opened[2] <= seen[2].at
    lab.forget(place)
    assert (lab.requests(place), lab.connections(place)) == ([], [])


def test_a_listener_can_be_switched_patched_and_removed(lab: Lab) -> None:
    place = lab.add("vllm-0.32.0-cpu-apikey")
    assert ask(place, "GET", "/v1/models")[0] == 401
    lab.switch(place, "vllm-0.32.0-cpu-apikey+auth")
    assert ask(place, "GET", "/v1/models")[0] == 200
    assert lab.listeners == {place: "vllm-0.32.0-cpu-apikey+auth"}
    lab.patch(place, "/version", body='{"version":"9"}', headers={"Server": "other"})
    status, headers, body = ask(place, "GET", "/version")
    assert (status, dict(headers)["Server"], body) == (200, "other", b'{"version":"9"}')
    lab.patch(place, "/fresh", status=418)
    assert ask(place, "GET", "/fresh")[0] == 418
    lab.remove(place)
    with pytest.raises(ConnectionRefusedError):
        ask(place, "GET", "/")


def test_the_lab_says_what_it_cannot_do(lab: Lab) -> None:
    place = lab.add(OLLAMA)
    with pytest.raises(LabError, match="in use"):
        lab.add(OLLAMA, place.host, place.port)
    with pytest.raises(LabError, match="No such file"):
        lab.switch(place, "no-such-recording")
    with pytest.raises(LabError, match="not loopback"):
        lab.add(OLLAMA, "0.0.0.0")
    assert ask(place, "GET", "/")[2] == b"Ollama is running"


def test_a_proxy_in_front_puts_its_own_headers_first(lab: Lab) -> None:
    place = lab.add("vllm-0.32.0-default", server=NGINX)
    _, headers, body = ask(place, "GET", "/version")
    assert [name for name, _ in headers] == ["Server", "Date", "Content-Type", "Content-Length", "Connection", "vary"]
    assert headers[0] == ("Server", NGINX)
    assert body == b'{"version":"0.32.0"}'


def test_tls_only_resets_plain_http_and_tls_beside_explains_itself(lab: Lab) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sent = request_bytes(Request(method="GET", path="/"))
    only, beside = lab.add(OLLAMA, tls="only"), lab.add(OLLAMA, tls="beside")
    for place in (only, beside):
        assert parsed(raw(place, sent, tls=context))[2] == b"Ollama is running"
    with pytest.raises(ConnectionResetError):
        raw(only, sent)
    assert b"The plain HTTP request was sent to HTTPS port" in raw(beside, sent)


def test_raw_peers_do_what_they_did(everything: tuple[Lab, dict[str, Place]]) -> None:
    places, sent = everything[1], request_bytes(Request(method="GET", path="/v1/models"))
    assert raw(places["decoy-raw-ssh"], b"x").startswith(b"SSH-2.0-")
    assert raw(places["decoy-raw-closer"], sent) == b""
    assert raw(places["triton-2.51.0-explicit-grpc"], sent) == b""
    assert raw(places["milvus-lite-3.2.2-grpc"], sent).startswith(b"\0\0\x18\x04")  # an HTTP/2 SETTINGS frame
    for name in ("decoy-raw-rst", "decoy-tls-only-python"):
        with pytest.raises(ConnectionResetError):
            raw(places[name], sent)
    for name in ("decoy-raw-endless", "decoy-raw-endless-chunked"):
        assert len(raw(places[name], sent, most=2 << 20)) >= 2 << 20
    assert everything[0].requests(places["decoy-raw-closer"])[-1].target == "/v1/models"


def test_a_silent_peer_and_an_endless_stream_stay_open(everything: tuple[Lab, dict[str, Place]]) -> None:
    for name, path, begins in (
        ("decoy-raw-hang", "/", b""),
        ("mcp-everything-2026.8.31-sse", "/sse", b"HTTP/1.1 200 OK\r\n"),
    ):
        place = everything[1][name]
        with socket.create_connection((place.host, place.port), timeout=5) as stream:
            stream.sendall(request_bytes(Request(method="GET", path=path, headers=[("Accept", "text/event-stream")])))
            received = b""
            while not received.endswith(b"\n\n") and begins:
                received += stream.recv(1 << 16)
            assert received.startswith(begins)
            stream.settimeout(0.05)
            with pytest.raises(TimeoutError):
                stream.recv(1)
            # Leave rudely: the lab must not mind.
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.slow
def test_the_rules_for_huge_bodies_give_the_length_that_was_announced() -> None:
    for name in ("decoy-raw-gzip-bomb", "decoy-raw-huge-models"):
        response = load(name).exchanges[0].response
        assert response.flow is not None
        body = b"".join(flow_bytes(response.flow))
        assert f"Content-Length: {len(body)}\r\n".encode() in response.raw()
        if response.flow.gzip:
            unpacked = zlib.decompressobj(31).decompress(body, 1 << 24)
            assert unpacked.count(0) == 1 << 24


async def test_the_replay_also_runs_in_a_tests_own_loop() -> None:
    async with Replay() as replay:
        peer = await replay.add(OLLAMA)
        assert peer.port > 0
        with pytest.raises(OSError, match="not loopback"):
            await replay.add(OLLAMA, "192.0.2.1")
        await replay.remove(peer)
        assert replay.peers == {}


def test_every_recording_can_be_read_and_has_a_port_of_its_own() -> None:
    assert len(SPOKEN) > 40
    assert len(RAW) > 15
    for name in names():
        assert load(name).name == name
        assert 0 < default_port(name) < 65536
        assert load(name).synthetic == name.startswith("synthetic-")
        assert bool(load(name).sources) == load(name).synthetic
    assert default_port("triton-2.51.0-explicit-grpc") == 8001
    assert Answers(load("triton-2.51.0-explicit-grpc")).is_raw


def test_the_demonstrations_new_model_is_listed_on_both_interfaces(lab: Lab) -> None:
    place = lab.add(OLLAMA)
    add_model(lab, place)
    tags, cards = (json.loads(ask(place, "GET", path)[2]) for path in ("/api/tags", "/v1/models"))
    assert [model["name"] for model in tags["models"]].count(NEW_MODEL) == 1
    assert [model["id"] for model in cards["data"]].count(NEW_MODEL) == 1


def test_the_synthetic_recordings_are_what_their_scripts_write() -> None:
    written = {recording.name: recording for recording in [*varied(), *_synthesised()]}
    assert set(written) <= set(names())
    for name, recording in written.items():
        assert load(name) == recording


def _synthesised() -> Iterator[Recording]:
    """What every script of the folder that makes recordings writes."""
    for module in iter_modules(recordings.__path__):
        if module.name.startswith("synthesise"):
            script = import_module(f"{recordings.__name__}.{module.name}")
            yield from script.synthesised() if hasattr(script, "synthesised") else ()


def test_trimming_keeps_the_shape_and_drops_the_bulk() -> None:
    described = json.dumps(
        {"openapi": "3.1.0", "info": {"title": "T"}, "paths": {"/a": {"get": {}}, "/b": {"x": "y" * 99}}}
    )
    bodies = {
        "/openapi.json": described[:-60],  # as the recorder cut it
        "/page": "<!doctype html><html><head><title>T</title></head><body>" + "x" * LIMIT + "</body></html>",
        "/list": json.dumps({"data": list(range(LIMIT))}),
        "/metrics": "# HELP a b\n# TYPE python_x gauge\npython_x 1\n# TYPE a gauge\n" + 'a{n="1"} 1\n' * LIMIT,
        "/small": "kept",
    }
    headers = [["User-Agent", "r"], ["Host", "127.0.0.1:1"], ["Origin", "o"]]
    raw = [
        {"request": {"method": "GET", "path": path, "headers": headers}, "response": {"status": 200, "body": body}}
        for path, body in bodies.items()
    ]
    exchanges = trimmed({"name": "x", "product": "p", "exchanges": raw + raw}).exchanges
    kept = {one.request.path: one.response.body for one in exchanges}
    assert list(kept) == list(bodies)
    assert json.loads(kept["/openapi.json"]) == {
        "openapi": "3.1.0",
        "info": {"title": "T"},
        "paths": {"/a": {}, "/b": {}},
    }
    assert "<title>T</title>" in kept["/page"]
    assert json.loads(kept["/list"]) == {"data": [0, 1, 2, 3, 4]}
    assert kept["/metrics"] == '# TYPE a gauge\na{n="1"} 1\n'
    assert kept["/small"] == "kept"
    assert all(len(body) < 1024 for body in kept.values())
    assert exchanges[0].request.headers == [("Origin", "o")]
    assert exchanges[1].response.cut_from == len(bodies["/page"])
