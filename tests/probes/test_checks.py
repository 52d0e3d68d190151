"""Every check of the seven: a server that fails it, one that passes, one that cannot be judged; no false finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
import pytest

from livebom.bom.observation import Outcome
from livebom.bom.service import Finding, TlsFacts, Verdict
from livebom.net.reply import RAW, Ask, Reply
from livebom.recognise.asking import method_of
from livebom.recognise.catalog import Catalog
from livebom.recognise.rules import CheckRule
from livebom.recognise.sound import ANY
from livebom.recognise.verdict import verdicts
from probes.inspect import Seen
from tests.every import every
from tests.lab import default_port
from tests.playback import Playback, catalog, converse
from tests.probes.test_raw import TRITON_GRPC
from tests.recording import load, names

SEVEN = ("ollama", "vllm", "tgi", "llamacpp", "localai", "triton", "lmstudio")
MARKED = ("Origin", "Host", "Accept")
"""Headers that tell an ask from another one for the same path; the playback's key then ends in the header's name."""

Changes = Mapping[str, Reply | None]


def answer(status: int = 200, json: Any = None, body: str = "", **headers: str) -> Reply:
    """What a path answers in place of what was recorded; `_` in a header's name is a hyphen."""
    content = msgspec.json.encode(json) if json is not None else body.encode()
    kind = "application/json" if json is not None else "text/plain"
    pairs = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Reply(status=status, headers=tuple(pairs.items()), body=content)


@dataclass(frozen=True)
class Server:
    """A recorded server, changed."""

    recording: str
    changes: Changes = field(default_factory=dict)
    tls: bool = False
    port: int | None = None

    def but(self, changes: Changes) -> "Server":
        """The same with further changes."""
        return Server(self.recording, {**self.changes, **changes}, self.tls, self.port)


class Altered(Playback):
    """A playback in which some asks are answered otherwise, or, with None, not at all."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.recording)
        self.server_ = server

    def reply(self, ask: Ask) -> Reply:
        changes = self.server_.changes
        for key in (f"{ask.method} {ask.path} {name}" for name, _ in ask.headers if name in MARKED):
            if key in changes:
                return self._said(ask, changes[key])
        key = f"{ask.method} {ask.path}"
        if key in changes and not (key == "GET /api/version" and any(name in MARKED for name, _ in ask.headers)):
            return self._said(ask, changes[key])
        if not self.server_.tls:
            return super().reply(ask)
        if ask.scheme == "http":
            return self._said(ask, None)
        found = super().reply(msgspec.structs.replace(ask, scheme="http"))
        return msgspec.structs.replace(found, tls=TlsFacts(version="TLSv1.3"))

    def _said(self, ask: Ask, said: Reply | None) -> Reply:
        self.asked.append(ask)
        return Reply(outcome=Outcome.CLOSED) if said is None else said


@cache
def known() -> Catalog:
    """The seven alone, so that two hundred conversations stay short."""
    full = catalog()
    never = [rule for rule in full.never if rule.product in ("any", *SEVEN)]
    return Catalog([full.products[name].fingerprint for name in SEVEN], full.shared, never)


def look(server: Server, exposure: str = "private") -> Seen:
    playback = Altered(server)
    seen = converse(playback, server.port or default_port(server.recording), known=known(), exposure=exposure)
    assert len(playback.asked) <= 24
    return seen


def found(server: Server, check: str, exposure: str = "private") -> Finding:
    [one] = [finding for finding in look(server, exposure).service.findings if finding.id == check]
    return one


def body(recording: str, path: str) -> Any:
    """The JSON that a recording answers to a plain GET."""
    return msgspec.json.decode(Playback(recording).reply(Ask(id="x", path=path)).body)


ANYONE = "https://livebom-probe.invalid"
OPEN_POST = answer(405, Allow="POST")

OLLAMA = Server("ollama-0.32.15-default")
EXPOSED = Server("synthetic-ollama-0.32.15-open")
EMPTY = Server("synthetic-ollama-0.32.15-empty")
TAGS = body(OLLAMA.recording, "/api/tags")
CLOUD = {"models": [*TAGS["models"], {**TAGS["models"][0], "name": "big:cloud", "remote_host": "https://ollama.com"}]}
PLAIN = {"models": [{**one, "details": {**one["details"], "parent_model": ""}} for one in TAGS["models"]]}
HOME = "FROM /root/.ollama/models/blobs/sha256-63ca82b7"

VLLM = Server("vllm-0.32.0-default")
KEYED = Server("vllm-0.32.0-cpu-apikey")
PATHS = body(VLLM.recording, "/openapi.json")["paths"]

TGI = Server("synthetic-tgi-3.3.7-open")
TGI_KEYED = Server("synthetic-tgi-3.3.7-apikey")
TGI_METRICS = Server("synthetic-tgi-3.3.7-open-metrics")
INFO = body(TGI.recording, "/info")

LLAMA = Server("llama-server-0c1e57098-default")
LLAMA_OPEN = Server("llama-server-0c1e57098-metrics-props-slots-lora-tools")
LLAMA_KEYED = Server("llama-server-0c1e57098-apikey-hardened")
RANDOM = "GET /livebom-5eed"

LOCALAI = Server("synthetic-localai-4.9-open")
LOCALAI_KEYED = Server("synthetic-localai-4.9-apikey")
USERS = {"authEnabled": True, "hasUsers": True, "providers": ["local"], "registrationMode": "approval"}
FEATURES = {"agents": True, "mcp": True, "distributed": True}

TRITON = Server("triton-2.51.0-explicit")
POLLED = Server("triton-2.51.0-none-cache-trace")
TRITON_METRICS = Server("triton-2.51.0-explicit-metrics")
TRITON_RPC = Server(
    "triton-2.51.0-explicit",
    {"RAW grpc": Reply(outcome=Outcome.PROTOCOL_ERROR, banner=TRITON_GRPC[:256])},
    port=8001,
)
CONFIG = body(TRITON.recording, "/v2/models/ident/config")
IDENT = "GET /v2/models/ident/config"

STUDIO = Server("synthetic-lmstudio-0.4-open")
OLD_STUDIO = Server("synthetic-lmstudio-0.3")
NO_TOKEN = answer(401, {"error": {"code": "invalid_api_key", "message": "An LM Studio API token is required"}})
STUDIO_KEYED = STUDIO.but({f"GET {path}": NO_TOKEN for path in ("/v1/models", "/api/v0/models", "/api/v1/models")})


def secured(server: Server) -> Server:
    return Server(server.recording, server.changes, tls=True, port=server.port)


def configured(**parameters: str) -> Server:
    changed = {**CONFIG, "parameters": {name: {"string_value": value} for name, value in parameters.items()}}
    return TRITON.but({IDENT: answer(json=changed)})


@dataclass(frozen=True)
class Cases:
    """What fails a check and what does not; unknown is what fails it, with what the check looks at left unanswered."""

    fails: Server
    passes: Server
    otherwise: Verdict = Verdict.PASS
    """NOT_APPLICABLE where nothing that can be seen would pass: what answers there at all is open."""
    unknown: Server | None = None
    elsewhere: str = "private"
    """The exposure of the passing server."""


CASES = {
    "ollama-unauthenticated-api": Cases(OLLAMA, OLLAMA.but({"GET /api/tags": answer(401)})),
    "ollama-model-management-exposed": Cases(
        OLLAMA, OLLAMA.but({"GET /api/create": answer(403), "GET /api/delete": answer(403)})
    ),
    "ollama-host-header-unchecked": Cases(EXPOSED, OLLAMA, unknown=EXPOSED.but({"GET /api/version Host": None})),
    "ollama-cors-any-origin": Cases(
        OLLAMA.but({"GET /api/version Origin": answer(json={"version": "0.32.15"}, Access_Control_Allow_Origin="*")}),
        OLLAMA.but({"GET /api/version Origin": answer(403)}),
        unknown=OLLAMA.but({"GET /api/version Origin": None}),
    ),
    "ollama-system-prompt-disclosed": Cases(OLLAMA, OLLAMA.but({"POST /api/show": answer(403)})),
    "ollama-host-path-disclosed": Cases(
        OLLAMA, OLLAMA.but({"POST /api/show": answer(json={"modelfile": HOME}), "GET /api/tags": answer(json=PLAIN)})
    ),
    "ollama-cloud-egress-enabled": Cases(OLLAMA.but({"GET /api/tags": answer(json=CLOUD)}), OLLAMA),
    "ollama-cleartext-http": Cases(OLLAMA, secured(OLLAMA)),
    "vllm-unauthenticated-api": Cases(VLLM, KEYED),
    "vllm-api-key-bypass-routes": Cases(KEYED, KEYED.but({"GET /invocations": answer(404)})),
    "vllm-dev-mode-enabled": Cases(KEYED, VLLM),
    "vllm-runtime-lora-loading": Cases(VLLM.but({"GET /v1/load_lora_adapter": OPEN_POST}), VLLM),
    "vllm-profiler-endpoints": Cases(
        VLLM.but({"GET /openapi.json": answer(json={"paths": {**PATHS, "/start_profile": {}}})}), VLLM
    ),
    "vllm-metrics-exposed": Cases(VLLM, VLLM.but({"GET /metrics": answer(403)})),
    "vllm-docs-exposed": Cases(VLLM, VLLM.but({"GET /openapi.json": answer(404)})),
    "vllm-cors-any-origin": Cases(
        VLLM.but({"GET /version Origin": answer(json={"version": "0.20.0"}, Access_Control_Allow_Origin="*")}),
        VLLM,
        unknown=VLLM.but({"GET /version Origin": None}),
    ),
    "vllm-tokenizer-info-exposed": Cases(
        VLLM.but({"GET /tokenizer_info": answer(json={"chat_template": "hush", "tokenizer_class": "x"})}), VLLM
    ),
    "vllm-model-path-disclosed": Cases(VLLM, KEYED),
    "vllm-cleartext-http": Cases(VLLM, secured(VLLM), unknown=VLLM.but({"GET /version": None})),
    "tgi-unauthenticated-api": Cases(TGI, TGI_KEYED),
    "tgi-model-info-unauthenticated": Cases(TGI_KEYED, TGI, Verdict.NOT_APPLICABLE),
    "tgi-invocations-outside-key": Cases(TGI_KEYED.but({"GET /invocations": OPEN_POST}), TGI_KEYED),
    "tgi-chat-tokenize-open": Cases(TGI_KEYED, TGI_KEYED.but({"GET /chat_tokenize": answer(401)})),
    "tgi-metrics-exposed": Cases(TGI, TGI.but({"GET /metrics": answer(403)})),
    "tgi-prometheus-listener-exposed": Cases(TGI_METRICS, TGI, Verdict.NOT_APPLICABLE),
    "tgi-cors-any-origin": Cases(
        TGI, TGI.but({"GET /info Origin": answer(json=INFO)}), unknown=TGI.but({"GET /info Origin": None})
    ),
    "tgi-docs-exposed": Cases(TGI, TGI.but({"GET /api-doc/openapi.json": answer(404)})),
    "tgi-cleartext-http": Cases(TGI, secured(TGI), unknown=TGI_METRICS),
    "tgi-end-of-life": Cases(
        TGI, TGI.but({"GET /info": answer(json={**INFO, "version": "3.4.0"})}), unknown=TGI_METRICS
    ),
    "tgi-vlm-ssrf": Cases(
        TGI.but({"GET /info": answer(json={**INFO, "model_pipeline_tag": "image-text-to-text"})}),
        TGI,
        unknown=TGI.but({"GET /info": answer(json={**INFO, "model_pipeline_tag": None})}),
    ),
    "llamacpp-unauthenticated-api": Cases(LLAMA, LLAMA_KEYED),
    "llamacpp-partial-key-coverage": Cases(
        LLAMA_KEYED.but({"GET /slots": answer(json=[{"id": 0, "is_processing": False}])}), LLAMA_KEYED
    ),
    "llamacpp-slots-expose-prompts": Cases(
        LLAMA.but({"GET /slots": answer(json=[{"id": 0, "prompt": "hush"}])}), LLAMA
    ),
    "llamacpp-slots-exposed": Cases(LLAMA, LLAMA_KEYED),
    "llamacpp-builtin-tools-enabled": Cases(LLAMA_OPEN, LLAMA),
    "llamacpp-cors-proxy-enabled": Cases(LLAMA_OPEN, LLAMA),
    "llamacpp-cors-any-origin-credentials": Cases(LLAMA, LLAMA_KEYED),
    "llamacpp-props-writable": Cases(LLAMA_OPEN, LLAMA),
    "llamacpp-metrics-exposed": Cases(LLAMA_OPEN, LLAMA),
    "llamacpp-router-mode-exposed": Cases(
        LLAMA.but({"GET /props": answer(json={"role": "router", "max_instances": 4, "model_path": "none"})}), LLAMA
    ),
    "llamacpp-model-path-disclosed": Cases(LLAMA, LLAMA_KEYED),
    "llamacpp-cleartext-http": Cases(
        LLAMA, secured(LLAMA), unknown=LLAMA.but({RANDOM: answer(500, Server="llama.cpp")})
    ),
    "localai-no-auth": Cases(LOCALAI, LOCALAI_KEYED),
    "localai-gallery-write-open": Cases(LOCALAI, LOCALAI_KEYED),
    "localai-runtime-settings-open": Cases(LOCALAI, LOCALAI_KEYED),
    "localai-p2p-token-disclosed": Cases(LOCALAI.but({"GET /api/p2p/token": answer(body="aHVzaA==")}), LOCALAI),
    "localai-trace-buffer-exposed": Cases(
        LOCALAI.but({"GET /api/traces/summary": answer(json={"total": 3, "errors": 0, "window_hours": 24})}), LOCALAI
    ),
    "localai-backend-logs-exposed": Cases(
        LOCALAI.but({"GET /api/backend-logs": answer(json=["qwen3-4b"])}),
        LOCALAI.but({"GET /api/backend-logs": answer(json=[])}),
    ),
    "localai-cors-any-origin": Cases(
        LOCALAI, LOCALAI.but({"GET /readyz Origin": answer()}), unknown=LOCALAI.but({"GET /readyz Origin": None})
    ),
    "localai-open-registration": Cases(
        LOCALAI.but({"GET /api/auth/status": answer(json={**USERS, "registrationMode": "open"})}),
        LOCALAI.but({"GET /api/auth/status": answer(json=USERS)}),
    ),
    "localai-metrics-exposed": Cases(LOCALAI, LOCALAI_KEYED),
    "localai-untrusted-gallery": Cases(
        LOCALAI.but({"GET /models/galleries": answer(json=[{"name": "x", "url": "http://models.example/i.yaml"}])}),
        LOCALAI,
    ),
    "localai-node-registration-open": Cases(
        LOCALAI.but({"GET /api/features": answer(json=FEATURES), "GET /api/node/x/models": answer(json=[])}), LOCALAI
    ),
    "localai-agents-open": Cases(
        LOCALAI.but({"GET /api/agents": answer(json={"agents": ["mail"], "agentCount": 1, "actions": 9})}), LOCALAI
    ),
    "localai-cors-proxy-open": Cases(LOCALAI, LOCALAI_KEYED),
    "localai-get-exempted": Cases(
        LOCALAI_KEYED.but({"GET /system": answer(json={"backends": [], "loaded_models": []})}), LOCALAI_KEYED
    ),
    "localai-config-leak-root": Cases(
        LOCALAI.but({"GET / Accept": answer(json={"ApplicationConfig": {"ApiKeys": ["hush"]}})}),
        LOCALAI,
        unknown=LOCALAI.but({"GET / Accept": None}),
    ),
    "triton-model-control-open": Cases(TRITON, TRITON.but({"GET /v2/repository/index": answer(403)}), unknown=POLLED),
    "triton-repository-index-open": Cases(TRITON, TRITON.but({"POST /v2/repository/index": answer(403)})),
    "triton-inference-open": Cases(TRITON, TRITON.but({"GET /v2/models/ident/infer": answer(403)})),
    "triton-client-shm-enabled": Cases(
        TRITON, TRITON.but({"GET /v2/systemsharedmemory/region/x/register": answer(403)})
    ),
    "triton-trace-writable": Cases(TRITON, TRITON.but({"GET /v2/trace/setting": answer(403)})),
    "triton-trace-active": Cases(POLLED, TRITON),
    "triton-logging-writable": Cases(TRITON, TRITON.but({"GET /v2/logging": answer(403)})),
    "triton-metrics-exposed": Cases(TRITON_METRICS, TRITON.but({"GET /metrics": answer(403)}), unknown=None),
    "triton-grpc-plaintext": Cases(TRITON_RPC, TRITON_RPC, Verdict.NOT_APPLICABLE, elsewhere="loopback"),
    "triton-http-plaintext": Cases(TRITON, secured(TRITON), unknown=TRITON_METRICS),
    "triton-ready-while-degraded": Cases(
        POLLED, POLLED.but({"GET /v2/health/ready": answer(400)}), unknown=POLLED.but({"GET /v2/health/ready": None})
    ),
    "triton-config-secrets": Cases(TRITON, configured(max_tokens="4096", decoupled="true")),
    "triton-shared-response-cache": Cases(
        TRITON.but(
            {
                IDENT: answer(json={**CONFIG, "response_cache": {"enable": True}}),
                "GET /v2/models/stats": answer(
                    json={"model_stats": [{"name": "ident", "inference_stats": {"cache_miss": {"count": 2, "ns": 9}}}]}
                ),
            }
        ),
        TRITON,
        unknown=TRITON.but({IDENT: answer(json={**CONFIG, "response_cache": {"enable": True}})}),
    ),
    "triton-custom-code-backend": Cases(TRITON, TRITON.but({IDENT: answer(json={**CONFIG, "backend": "onnxruntime"})})),
    "lmstudio-no-token": Cases(STUDIO, STUDIO_KEYED),
    "lmstudio-no-auth-possible": Cases(OLD_STUDIO, STUDIO),
    "lmstudio-network-bind": Cases(STUDIO, STUDIO, Verdict.NOT_APPLICABLE, elsewhere="loopback"),
    "lmstudio-cors-any-origin": Cases(
        STUDIO.but({"OPTIONS /v1/models Origin": answer(Access_Control_Allow_Origin="*")}),
        STUDIO,
        unknown=STUDIO.but({"OPTIONS /v1/models Origin": None}),
    ),
    "lmstudio-jit-loading-on": Cases(
        STUDIO,
        STUDIO.but({"GET /v1/models": answer(json={"data": [{"id": "qwen/qwen3-4b-2507"}], "object": "list"})}),
        unknown=STUDIO_KEYED,
    ),
    "lmstudio-plaintext-http": Cases(STUDIO, secured(STUDIO)),
}
RULES = {check.id: (product, check) for product in SEVEN for check in catalog().products[product].fingerprint.checks}
HOSTS = [name for name, (_, check) in RULES.items() if check.confirm == "host"]


def test_every_check_but_those_of_a_host_has_its_cases() -> None:
    assert set(CASES) == RULES.keys() - set(HOSTS)


def test_enough_is_provable_from_the_network() -> None:
    counted = {product: sum(name.startswith(f"{product}-") for name in CASES) for product in SEVEN}
    # LM Studio tells little over HTTP: the rest of what can be wrong with it stands in its settings.
    assert all(count >= 8 for product, count in counted.items() if product != "lmstudio")
    assert counted["lmstudio"] == 6


@every(CASES)
def test_it_fails_where_it_should_and_says_why(name: str) -> None:
    one = found(CASES[name].fails, name)
    assert one.state is Verdict.FAIL
    assert one.evidence
    assert one.remediation


@every(CASES)
def test_it_passes_where_it_should(name: str) -> None:
    case = CASES[name]
    one = found(case.passes, name, case.elsewhere)
    assert one.state is case.otherwise
    assert bool(one.evidence) == (case.otherwise is Verdict.PASS)


@every(CASES)
def test_it_is_unknown_where_nothing_was_answered(name: str) -> None:
    product, check = RULES[name]
    server = CASES[name].unknown or CASES[name].fails.but(dict.fromkeys(asked_for(product, check)))
    seen = look(server)
    if seen.service.product == product:
        [one] = [finding for finding in seen.service.findings if finding.id == name]
        assert (one.state, one.evidence) == (Verdict.UNKNOWN, ())
    else:
        # What it looks at is what the product is told by, so it is never judged without; then silence is the case.
        [one] = [f for f in verdicts(catalog().products[product], {}, "private") if f.id == name]
        assert one.state is Verdict.UNKNOWN


def asked_for(product: str, check: CheckRule) -> list[str]:
    """Method and path of each ask that the check looks at."""
    kit, keys = catalog().products[product], []
    for demand in (demand for clause in check.fail + check.pass_ + check.applies for demand in clause.all):
        if demand.ask != ANY:
            method, path = method_of(kit.asks[demand.ask], demand.ask)
            path = demand.ask if method == RAW else path.replace("{model}", "ident").replace("{nonce}", "5eed")
            keys.append(f"{method} {path}")
    return keys


@every(SEVEN)
def test_silence_is_no_verdict_of_any_check(product: str) -> None:
    assert {f.state for f in verdicts(catalog().products[product], {}, "private")} == {Verdict.UNKNOWN}


@every([name for name in names() if load(name).product in SEVEN])
def test_what_only_a_host_knows_stays_unknown(recording: str) -> None:
    findings = {f.id: f.state for f in look(Server(recording)).service.findings}
    assert {findings[name] for name in HOSTS if name in findings} <= {Verdict.UNKNOWN}
    for name in HOSTS:
        assert not RULES[name][1].fail + RULES[name][1].pass_


@every(
    [
        ("vllm-unauthenticated-api", "vllm-api-key-bypass-routes"),
        ("tgi-unauthenticated-api", "tgi-model-info-unauthenticated"),
        ("tgi-unauthenticated-api", "tgi-chat-tokenize-open"),
        ("tgi-unauthenticated-api", "tgi-invocations-outside-key"),
        ("tgi-metrics-exposed", "tgi-prometheus-listener-exposed"),
        ("llamacpp-unauthenticated-api", "llamacpp-partial-key-coverage"),
        ("llamacpp-slots-expose-prompts", "llamacpp-slots-exposed"),
        ("localai-no-auth", "localai-get-exempted"),
        ("localai-no-auth", "localai-open-registration"),
    ]
)
def test_two_names_for_one_state_never_fail_together(one: str, other: str) -> None:
    for server in (CASES[one].fails, CASES[other].fails):
        states = {f.id: f.state for f in look(server).service.findings}
        assert {states[one], states[other]} != {Verdict.FAIL}
        assert Verdict.FAIL in {states[one], states[other]}


@every(
    [
        *("ollama-unauthenticated-api", "vllm-unauthenticated-api", "tgi-unauthenticated-api"),
        *("llamacpp-unauthenticated-api", "localai-no-auth", "triton-inference-open", "lmstudio-no-token"),
    ]
)
def test_an_open_api_weighs_by_who_can_reach_it(name: str) -> None:
    worst = [found(CASES[name].fails, name, exposure).severity for exposure in ("loopback", "private", "public")]
    assert worst == ["info", "high", "critical"]


@every([name for name in CASES if name.endswith(("-cleartext-http", "-plaintext-http"))])
def test_clear_text_on_loopback_is_no_matter(name: str) -> None:
    assert found(CASES[name].fails, name, "loopback").state is Verdict.NOT_APPLICABLE
    assert found(CASES[name].fails, name, "public").state is Verdict.FAIL


@pytest.mark.slow
@every(CASES)
def test_it_never_weighs_less_the_further_it_is_reached_from(name: str) -> None:
    states = [found(CASES[name].fails, name, exposure) for exposure in ("loopback", "private", "public")]
    ranks = [finding.severity.rank for finding in states if finding.state is Verdict.FAIL]
    assert ranks == sorted(ranks, reverse=True)


WRITING = answer(json=[{"tool": "exec_shell_command", "permissions": {"write": True}}])
ECHOED = answer(json={"version": "1"}, Access_Control_Allow_Origin=ANYONE, Access_Control_Allow_Credentials="true")


@every(
    [
        ("llamacpp-builtin-tools-enabled", LLAMA_OPEN, LLAMA.but({"GET /tools": WRITING}), "high critical"),
        (
            "vllm-cors-any-origin",
            CASES["vllm-cors-any-origin"].fails,
            VLLM.but({"GET /version Origin": ECHOED}),
            "medium high",
        ),
        ("localai-cors-any-origin", LOCALAI_KEYED, LOCALAI, "medium high"),
        (
            "localai-open-registration",
            CASES["localai-open-registration"].fails,
            LOCALAI.but({"GET /api/auth/status": answer(json={**USERS, "hasUsers": False})}),
            "high critical",
        ),
        (
            "triton-repository-index-open",
            TRITON.but({"POST /v2/repository/index": answer(json=[{"name": "a", "version": "1", "state": "READY"}])}),
            POLLED,
            "medium high",
        ),
        (
            "triton-trace-active",
            POLLED,
            TRITON.but({"GET /v2/trace/setting": answer(json={"trace_level": ["TIMESTAMPS", "TENSORS"]})}),
            "medium high",
        ),
        (
            "triton-logging-writable",
            TRITON,
            TRITON.but({"GET /v2": answer(json={**body(TRITON.recording, "/v2"), "version": "2.40.0"})}),
            "medium critical",
        ),
        ("triton-config-secrets", TRITON, configured(hub="hf_" + "a1" * 17), "medium high"),
        (
            "triton-config-secrets",
            configured(store="s3://bucket/weights"),
            configured(OPENAI_API_KEY="0123456"),
            "medium high",
        ),
        (
            "lmstudio-cors-any-origin",
            STUDIO_KEYED.but(CASES["lmstudio-cors-any-origin"].fails.changes),
            CASES["lmstudio-cors-any-origin"].fails,
            "medium high",
        ),
    ]
)
def test_what_was_seen_makes_it_graver(name: str, mild: Server, grave: Server, levels: str) -> None:
    assert [str(found(server, name).severity) for server in (mild, grave)] == levels.split()


HUSH = "hush-it-is-a-secret-0123456789abcdef"


@every(
    [
        ("ollama-system-prompt-disclosed", OLLAMA.but({"POST /api/show": answer(json={"system": HUSH})})),
        ("llamacpp-slots-expose-prompts", LLAMA.but({"GET /slots": answer(json=[{"id": 0, "prompt": HUSH}])})),
        ("vllm-tokenizer-info-exposed", VLLM.but({"GET /tokenizer_info": answer(json={"chat_template": HUSH})})),
        ("localai-p2p-token-disclosed", LOCALAI.but({"GET /api/p2p/token": answer(body=HUSH)})),
        ("localai-runtime-settings-open", LOCALAI.but({"GET /api/settings": answer(json={"api_keys": [HUSH]})})),
        ("localai-agents-open", LOCALAI.but({"GET /api/agents": answer(json={"agents": [HUSH], "agentCount": 1})})),
        (
            "localai-config-leak-root",
            LOCALAI.but({"GET / Accept": answer(json={"ApplicationConfig": {"ApiKeys": [HUSH]}})}),
        ),
        ("triton-config-secrets", configured(DB_PASSWORD=HUSH)),
    ]
)
def test_nothing_that_is_secret_is_kept(name: str, server: Server) -> None:
    seen = look(server)
    assert next(f.state for f in seen.service.findings if f.id == name) is Verdict.FAIL
    kept = msgspec.json.encode(seen.service) + b"".join(seen.content.values())
    assert HUSH.encode() not in kept


def test_keys_are_not_kept_by_name_either() -> None:
    for key in ("DB_PASSWORD", "HF_TOKEN", "s3_access_key"):
        assert found(configured(**{key: "0123456789"}), "triton-config-secrets").severity == "high"
    assert (
        found(configured(input_key="text_input", bos="<|begin_of_text|>"), "triton-config-secrets").state
        is Verdict.PASS
    )


OTHERS = [name for name in names() if load(name).product in {"none", *(catalog().products.keys() - set(SEVEN))}]


@pytest.mark.slow
@every(OTHERS)
def test_no_other_server_has_a_finding_of_the_seven(recording: str) -> None:
    service = converse(Playback(recording), default_port(recording)).service
    kit = catalog().products.get(load(recording).product)
    of_the_seven = {*RULES, *(f"{name}-vulnerable-version" for name in SEVEN)}
    theirs = [f for f in service.findings if f.id in of_the_seven]
    if kit is not None and service.product in kit.fingerprint.fronts:
        # One of the seven answers through a gateway, whose version is not its own.
        assert {f.state for f in theirs if f.id.endswith("-vulnerable-version")} <= {Verdict.UNKNOWN}
    else:
        assert theirs == []
    if recording.startswith("decoy-") and service.product is None:
        assert service.findings == ()


@every(
    [
        (OLLAMA, Verdict.PASS),
        (Server("synthetic-ollama-0.5"), Verdict.FAIL),
        (OLLAMA.but({"GET /api/version": answer(json={"version": "0.0.0"})}), Verdict.UNKNOWN),
        (VLLM, Verdict.PASS),
        (Server("synthetic-vllm-0.6"), Verdict.FAIL),
        (VLLM.but({"GET /version": answer(json={"version": "0.1.dev1+g1a2b3c4"})}), Verdict.UNKNOWN),
        (VLLM.but({"GET /version": None}), Verdict.UNKNOWN),
        (Server("synthetic-tgi-2.2"), Verdict.FAIL),
        (TGI, Verdict.UNKNOWN),
        (TGI.but({"GET /info": answer(json={**INFO, "version": "3.4.0"})}), Verdict.PASS),
        (LLAMA, Verdict.UNKNOWN),
        (
            LLAMA.but({"GET /props": answer(json={**body(LLAMA.recording, "/props"), "build_info": "b5000-abc"})}),
            Verdict.FAIL,
        ),
        (
            LLAMA.but({"GET /props": answer(json={**body(LLAMA.recording, "/props"), "build_info": "b9999-abc"})}),
            Verdict.PASS,
        ),
        (LOCALAI, Verdict.PASS),
        (
            LOCALAI.but(
                {"GET /.well-known/localai.json": answer(json={"version": "v4.5.1 (c)", "endpoint_groups": {}})}
            ),
            Verdict.FAIL,
        ),
        (
            LOCALAI.but(
                {"GET /.well-known/localai.json": answer(404), "GET /version": answer(json={"version": " ()"})}
            ),
            Verdict.UNKNOWN,
        ),
        (TRITON, Verdict.FAIL),
        (TRITON.but({"GET /v2": answer(json={**body(TRITON.recording, "/v2"), "version": "2.71.0"})}), Verdict.PASS),
        (TRITON_METRICS, Verdict.UNKNOWN),
    ]
)
def test_the_version_is_one_finding_and_no_maybe(server: Server, state: Verdict) -> None:
    [one] = [f for f in look(server).service.findings if f.id.endswith("-vulnerable-version")]
    assert one.state is state
    assert any("(affected " in line for line in one.evidence) == (state is Verdict.FAIL)
    assert (one.title == "version unknown") == (state is Verdict.UNKNOWN)
