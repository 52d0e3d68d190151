"""`livebom explain`: one place, and everything that led to its name."""

import json
from pathlib import Path

import msgspec
import pytest

from livebom.cli.explained import Explanation
from tests.lab import Lab
from tests.livebom.cli.runner import Run, discovered, runner

OLLAMA = "ollama-0.32.15-default"
LLAMACPP = "llama-server-0c1e57098-apikey-hardened"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with a home of its own."""
    return runner(tmp_path, monkeypatch)


def explained(run: Run, *arguments: object) -> Explanation:
    result = run("explain", *arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return msgspec.json.decode(result.stdout, type=Explanation)


def test_every_ask_every_weight_and_every_verdict_is_shown(run: Run, lab: Lab, tmp_path: Path) -> None:
    place = lab.add("vllm-0.32.0-cpu-apikey")
    one = explained(run, f"{place.host}:{place.port}")
    assert [(a.request, a.status) for a in one.asks[:2]] == [("GET " + lab.requests(place)[0].target, 404), (
        "GET /v1/models", 401)]  # fmt: skip
    assert [a.request for a in one.asks] == [f"{seen.method} {seen.target}" for seen in lab.requests(place)]
    assert one.requests == len(one.asks)
    [best, *_] = one.products
    assert (best.product, best.score) == (one.product, one.score) == ("vllm", one.stack[0].score)
    missing = 1.0
    for weight in best.evidence:
        assert weight.ask in {ask.ask for ask in one.asks}
        missing *= 1 - weight.weight
    assert best.score == pytest.approx(1 - missing, abs=0.001)
    assert one.vetoes
    assert one.product not in one.vetoes
    assert (one.version, one.version_source) == ("0.32.0", "GET /version (declared)")
    failed = {verdict.id: verdict for verdict in one.verdicts if verdict.state == "fail"}
    assert failed["vllm-dev-mode-enabled"].evidence == ("GET /is_sleeping -> 200",)
    assert all(verdict.why and verdict.remediation for verdict in one.verdicts)
    assert list(tmp_path.rglob("*.duckdb*")) == []


def test_the_text_says_the_same(run: Run, lab: Lab) -> None:
    place = lab.add("vllm-0.32.0-cpu-apikey")
    one = explained(run, f"http://{place.host}:{place.port}")
    text = run("explain", f"http://{place.host}:{place.port}").stdout
    for candidate in one.products:
        assert f"{candidate.product}  {candidate.score:.3f}" in text
        assert all(f"{w.weight:+.2f}  {w.ask}: {w.why}" in text for w in candidate.evidence)
    for product, why in one.vetoes.items():
        assert f"{product}: {why}" in text
    for verdict in one.verdicts:
        assert f"{verdict.state}  {verdict.id}" in text
        assert verdict.why in text
    assert "0.32.0, GET /version (declared)" in text
    assert "401  GET /v1/models" in text


def test_it_looks_as_discover_does(run: Run, lab: Lab) -> None:
    place = lab.add(OLLAMA, tls="only")
    [line] = discovered(run, f"https://{place.host}:{place.port}")
    one = explained(run, f"https://{place.host}:{place.port}")
    for field in ("product", "version", "version_source", "score", "scheme", "requests"):
        assert getattr(one, field) == line[field]
    assert [model.name for model in one.models or ()] == [model["name"] for model in line["models"]]
    assert [verdict.id for verdict in one.verdicts] == [finding["id"] for finding in line["findings"]]


def test_a_look_with_a_key_is_told_apart(run: Run, lab: Lab, tmp_path: Path) -> None:
    place = lab.add(LLAMACPP)
    token = tmp_path / "token"
    token.write_text("sk-test")
    token.chmod(0o600)
    one = explained(run, f"{place.host}:{place.port}", "--bearer-file", token)
    assert (one.product, one.auth) == ("llamacpp", "required")
    assert one.models
    assert ("GET /v1/models", 401, False) in [(a.request, a.status, a.with_key) for a in one.asks]
    assert ("GET /v1/models", 200, True) in [(a.request, a.status, a.with_key) for a in one.asks]
    text = run("explain", f"{place.host}:{place.port}", "--bearer-file", token).stdout
    assert "200  GET /v1/models with key" in text
    assert "sk-test" not in text


def test_what_is_no_ai_is_explained_too(run: Run, lab: Lab) -> None:
    place = lab.add("decoy-nginx-1.22-static")
    one = explained(run, f"{place.host}:{place.port}")
    assert (one.product, [layer.product for layer in one.stack]) == (None, ["nginx"])
    assert all(candidate.evidence for candidate in one.products)


def test_names_and_answers_from_a_target_cannot_move_a_cursor_and_show_no_secret(run: Run, lab: Lab) -> None:
    place = lab.add(OLLAMA)
    hostile = {"models": [{"name": "a\u001b[2J\u202ex", "model": "a", "digest": "b" * 64, "size": 1,
                           "modified_at": "2026-01-01T00:00:00Z", "details": {"families": ["llama"]}}]}  # fmt: skip
    lab.patch(place, "/api/tags", body=json.dumps(hostile))
    lab.patch(place, "/", body="Ollama is running sk-plantedsecret123456\x1b[2J")
    for form in ("table", "json"):
        text = run("explain", f"{place.host}:{place.port}", "--format", form).stdout
        assert "\x1b" not in text
        assert "plantedsecret" not in text
        assert form == "json" or "\u202e" not in text


def test_one_place_alone_is_contacted(run: Run, lab: Lab) -> None:
    place, other = lab.add(OLLAMA), lab.add(OLLAMA)
    explained(run, f"{place.host}:{place.port}")
    assert lab.connections(other) == []


@pytest.mark.parametrize("given", ["127.0.0.1", "127.0.0.0/30", "127.0.0.1-9", "not a place", "ftp://127.0.0.1"])
def test_more_or_less_than_one_port_of_one_host_is_refused(run: Run, given: str) -> None:
    result = run("explain", given)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_a_silent_place_is_said_to_be_one(run: Run, lab: Lab) -> None:
    result = run("explain", f"{lab.address()}:9")
    assert result.exit_code == 3
    assert "nothing answers" in result.stderr
