"""Every recording at once, over real sockets: what the servers themselves saw of one sweep."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import Lab, own_prefix
from tests.lab_process import Place
from tests.livebom.cli.runner import discovered, runner
from tests.playback import catalog
from tests.recording import load, names
from tests.replay import Seen

SEVEN = {"ollama", "vllm", "tgi", "localai", "triton", "lmstudio", "llamacpp"}

_HTTP2 = "PRI"
"""The first word of the declared exchange with a gRPC port (RFC 9113 section 3.4)."""
_TLS = ""
"""How the log shows what is no HTTP: the handshake that a peer gets which hung up on a plain request."""


class Swept:
    """One sweep over all recordings: what livebom said, and what each server logged."""

    def __init__(self, lines: list[dict[str, Any]], places: dict[str, Place], logs: dict[str, list[Seen]]) -> None:
        """Sort the lines by recording."""
        by_place = {(line["host"], line["port"]): line for line in lines}
        self.places, self.logs = places, logs
        self.lines = {name: by_place.get((place.host, place.port)) for name, place in places.items()}


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swept]:
    """The sweep, taken once for all tests of this module."""
    with Lab(own_prefix(50)) as lab, pytest.MonkeyPatch.context() as patch:
        places = lab.start(names())
        run = runner(tmp_path_factory.mktemp("home"), patch)
        ports = ",".join(str(port) for port in sorted({place.port for place in places.values()}))
        lines = discovered(run, lab.network, "--ports", ports, "--all", "--timeout", "2")
        yield Swept(lines, places, {name: lab.requests(place) for name, place in places.items()})


@pytest.mark.parametrize("name", names())
def test_the_right_product_is_named_and_no_other(swept: Swept, name: str) -> None:
    line = swept.lines[name]
    assert line is not None, "an open port was not reported"
    truth, known = load(name).product, set(catalog().products)
    if name.endswith("-grpc"):
        assert line["product"] is None
    elif truth in known:
        assert line["product"] == truth
    else:
        assert line["product"] not in SEVEN


@pytest.mark.parametrize("name", names())
def test_budgets_and_methods_hold_on_the_wire(swept: Swept, name: str) -> None:
    line, log = swept.lines[name], swept.logs[name]
    assert line is not None
    most = 24 if line["product"] or line["conflict"] else 6
    assert len(log) <= most
    for seen in log:
        if seen.method not in {"GET", "HEAD", _TLS, _HTTP2}:
            assert _declared(line["product"], seen), f"{seen.method} {seen.target} is not declared by {line['product']}"


def _declared(product: str | None, seen: Seen) -> bool:
    kit = catalog().products.get(product or "")
    rules = kit.fingerprint.asks.values() if kit else []
    said = {f"POST {rule.safe_post}" for rule in rules} | {f"OPTIONS {rule.safe_options}" for rule in rules}
    return f"{seen.method} {seen.target}" in said | {str(rule.safe_session) for rule in rules}


@pytest.mark.parametrize("name", names())
def test_nothing_that_acts_is_asked(swept: Swept, name: str) -> None:
    product = load(name).product
    rules = [rule for rule in catalog().never if rule.product in {"any", product}]
    if name.endswith("-metrics"):
        rules = [rule for rule in rules if rule.product == "any"]  # a listener of its own, without the API's handlers
    for seen in swept.logs[name]:
        for rule in rules:
            assert seen.method != rule.method or not re.fullmatch(rule.path, seen.target), rule.why
