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

pytestmark = pytest.mark.slow  # a sweep of every recording at once

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

    def said(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each recording with its line."""
        yield from ((name, line) for name, line in self.lines.items() if line is not None)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swept]:
    """The sweep, taken once for all tests of this module."""
    with Lab(own_prefix(50)) as lab, pytest.MonkeyPatch.context() as patch:
        places = lab.start(names())
        run = runner(tmp_path_factory.mktemp("home"), patch)
        ports = ",".join(str(port) for port in sorted({place.port for place in places.values()}))
        lines = discovered(run, lab.network, "--ports", ports, "--all", "--timeout", "1.2")
        yield Swept(lines, places, {name: lab.requests(place) for name, place in places.items()})


def test_every_port_is_reported(swept: Swept) -> None:
    assert [name for name, line in swept.lines.items() if line is None] == []


def test_the_right_product_is_named_and_no_other(swept: Swept) -> None:
    wrong = {name: line["product"] for name, line in swept.said() if not _rightly(name, line["product"])}
    assert wrong == {}


def _rightly(name: str, product: str | None) -> bool:
    truth = load(name).product
    if name.endswith("-grpc"):
        return product is None  # the replay holds no gRPC answer; test_raw.py has a peer that does
    return product == truth if truth in catalog().products else product not in SEVEN


def test_budgets_hold_on_the_wire(swept: Swept) -> None:
    most = {name: 24 if line["product"] or line["conflict"] else 6 for name, line in swept.said()}
    assert {name: len(log) for name, log in swept.logs.items() if len(log) > most[name]} == {}


def test_only_declared_methods_leave_get_and_head(swept: Swept) -> None:
    plain = {"GET", "HEAD", _TLS, _HTTP2}
    sent = {
        (name, seen.method, seen.target)
        for name, line in swept.said()
        for seen in swept.logs[name]
        if seen.method not in plain and not _declared(line["product"], seen)
    }
    assert sent == set()


def _declared(product: str | None, seen: Seen) -> bool:
    kit = catalog().products.get(product or "")
    rules = kit.fingerprint.asks.values() if kit else []
    said = {f"POST {rule.safe_post}" for rule in rules} | {f"OPTIONS {rule.safe_options}" for rule in rules}
    return f"{seen.method} {seen.target}" in said | {str(rule.safe_session) for rule in rules}


def test_nothing_that_acts_is_asked(swept: Swept) -> None:
    acted = [
        (name, seen.target, rule.why)
        for name, log in swept.logs.items()
        for rule in catalog().never
        # A metrics listener stands by itself, without the handlers of the API.
        if rule.product == "any" or (rule.product == load(name).product and not name.endswith("-metrics"))
        for seen in log
        if seen.method == rule.method and re.fullmatch(rule.path, seen.target)
    ]
    assert acted == []
