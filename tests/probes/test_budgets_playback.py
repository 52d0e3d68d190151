"""How much a conversation costs the other side, and what it may never send."""

import re
from contextlib import suppress

import msgspec
import pytest

from livebom.bom.observation import Listener
from livebom.net.reply import Ask
from livebom.recognise.plan import Budget
from probes.identify import Conversation, identify
from tests.every import every
from tests.lab import default_port
from tests.playback import MOMENT, NGINX, UNNAMED_PORT, Playback, catalog, converse
from tests.recording import load, names

PORTS = (UNNAMED_PORT,)
"""The own port is held on the wire, in test_wire.py."""
POSTS = {"/api/show", "/v2/repository/index", "/mcp"}
TGI = [name for name in names() if load(name).product == "tgi" and not name.endswith("-metrics")]


def asks_of(name: str, port: int | None, server: str | None = None) -> tuple[str | None, list[Ask]]:
    playback = Playback(name, server=server)
    seen = converse(playback, port or default_port(name))
    assert seen.service.requests == len(playback.asked) == len(seen.said)
    return seen.service.product, playback.asked


@pytest.mark.slow
@every([(name, port) for name in names() for port in PORTS])
def test_the_asks_are_few_and_harmless(name: str, port: int) -> None:
    product, asked = asks_of(name, port)
    assert len(asked) <= (24 if product else 4 if port == UNNAMED_PORT else 6)
    for ask in asked:
        assert ask.method in {"GET", "OPTIONS", "POST", "DELETE", "RAW"}
        assert ask.method != "POST" or ask.path in POSTS
        assert ask.method != "DELETE" or (ask.path == "/mcp" and dict(ask.headers)["Mcp-Session-Id"])
    acting = [rule for rule in catalog().never if rule.product in ("any", load(name).product)]
    for ask in asked:
        assert not [rule.why for rule in acting if rule.method == ask.method and re.fullmatch(rule.path, ask.path)]


@pytest.mark.slow
@every(names())
def test_telling_what_it_is_costs_eight_asks_at_most(name: str) -> None:
    playback = Playback(name, server=NGINX)
    talk = Conversation(catalog(), Listener(host="127.0.0.1", port=8000), nonce="x", now=lambda: MOMENT)
    telling = identify(talk)
    sent, ask = 1, next(telling)
    with suppress(StopIteration):
        while sent <= 8:
            ask = telling.send(playback.reply(ask))
            sent += 1
    assert sent <= 8


@pytest.mark.parametrize("port", [3000, 80, 8080, 8000, UNNAMED_PORT])
@pytest.mark.parametrize("name", TGI)
def test_tgi_is_never_made_to_generate(name: str, port: int) -> None:
    product, asked = asks_of(name, port)
    assert product == "tgi"
    assert not {"/", "/health", "/ping"} & {ask.path for ask in asked}


def test_the_root_is_asked_last_where_tgi_might_be() -> None:
    _, asked = asks_of("decoy-nginx-1.22-static", 3000)
    paths = [ask.path for ask in asked]
    assert paths.index("/info") < paths.index("/")


def test_every_conversation_begins_with_a_path_of_its_own() -> None:
    first = [Playback("ollama-0.32.15-default") for _ in range(2)]
    for playback, nonce in zip(first, ("one", "two"), strict=True):
        converse(playback, 11434, nonce=nonce)
    assert [playback.asked[0].path for playback in first] == ["/livebom-one", "/livebom-two"]


def test_no_request_is_sent_twice() -> None:
    for name in ("ollama-0.32.15-default", "vllm-0.32.0-cpu-apikey", "mcp-python-1.30.0-streamable"):
        _, asked = asks_of(name, None)
        sent = [(ask.scheme, ask.method, ask.path, ask.headers, ask.body) for ask in asked]
        assert len(sent) == len(set(sent))


def test_a_cloud_model_is_not_asked_about() -> None:
    playback = Playback("ollama-0.32.15-default")
    tags = msgspec.json.decode(playback.reply(Ask(id="tags", path="/api/tags")).body)
    tags["models"][0] |= {"remote_host": "https://ollama.com:443", "remote_model": "tiny"}
    playback.answers.patch("GET", "/api/tags", body=msgspec.json.encode(tags).decode())
    models = converse(playback, 11434).service.models
    shown = [msgspec.json.decode(ask.body)["model"] for ask in playback.asked if ask.path == "/api/show"]
    assert shown == ["hf.co/example/Tiny-GGUF:Q8_0", "acme/support-bot:v2"]
    assert models is not None
    assert models[0].name == "tiny:latest"


def test_a_session_is_closed_under_its_own_id() -> None:
    playback = Playback("mcp-python-1.30.0-streamable")
    converse(playback, 8000)
    closing = playback.asked[-1]
    assert (closing.method, closing.path) == ("DELETE", "/mcp")
    assert dict(closing.headers)["Mcp-Session-Id"] == "8c4d25ff070044d7b80bfe3332b7380f"


def test_a_session_is_closed_even_when_the_budget_is_small() -> None:
    playback = Playback("mcp-python-1.30.0-streamable")
    converse(playback, 8000, budget=Budget(total=8))
    assert len(playback.asked) <= 8
    assert playback.asked[-1].method == "DELETE"


def test_a_session_without_an_id_needs_no_closing() -> None:
    playback = Playback("mcp-python-1.30.0-streamable")
    initialize = Ask(id="i", method="POST", path="/mcp", body=b'{"method": "initialize"}')
    event = playback.reply(initialize).body.decode()
    for exchange in playback.answers.recording.exchanges:
        exchange.response.headers[:] = [pair for pair in exchange.response.headers if pair[0] != "mcp-session-id"]
    assert "serverInfo" in event
    converse(playback, 8000)
    assert "DELETE" not in {ask.method for ask in playback.asked}


def test_a_product_that_was_not_wanted_is_asked_nothing_of_its_own() -> None:
    full = catalog()
    fingerprints = [kit.fingerprint for kit in full.kits]
    only_vllm = type(full)(fingerprints, full.shared, full.never, wanted=["vllm"])
    playback = Playback("ollama-0.32.15-default")
    service = converse(playback, 11434, known=only_vllm).service
    assert "/api/tags" not in {ask.path for ask in playback.asked[:4]}
    assert service.product in ("ollama", None)
