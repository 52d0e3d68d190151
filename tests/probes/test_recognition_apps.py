"""What a conversation makes of interfaces, gateways and agents: names, facts, and checks three ways."""

from functools import cache

import pytest

from livebom.bom.observation import Outcome
from livebom.bom.service import Auth, Verdict
from livebom.net.reply import Reply
from livebom.recognise.match import View
from livebom.recognise.verdict import verdicts
from tests.every import every
from tests.playback import NGINX, UNNAMED_PORT, Playback, assert_named, catalog, converse
from tests.recording import Exchange, Recording, Request, Response, load

Models = tuple[str, ...] | None
TRUTH: dict[str, tuple[str | None, Auth, Models]] = {
    "a2a-sdk-1.3.0-full": ("0.1.0", Auth.NONE, None),
    "autogen-studio-0.4.2.2-default": ("0.4.2.2", Auth.NONE, None),
    "chainlit-2.12.0-open": (None, Auth.NONE, None),
    "chainlit-2.12.0-password": (None, Auth.REQUIRED, None),
    "gradio-6.31.0-full": ("6.31.0", Auth.NONE, None),
    "hayhooks-2.1.0-default": (None, Auth.NONE, ()),
    "langgraph-api-0.16.7-dev": ("0.16.7", Auth.NONE, None),
    "langserve-0.3.3-default": (None, Auth.UNKNOWN, None),
    "mcp-inspector-0.15.0-client": (None, Auth.UNKNOWN, None),
    "mcp-inspector-0.15.0-proxy": (None, Auth.REQUIRED, None),
    "mcp-inspector-0.15.0-proxy-noauth": (None, Auth.NONE, None),
    "phoenix-20.26.1-auth": ("20.26.1", Auth.REQUIRED, None),
    "phoenix-20.26.1-open": ("20.26.1", Auth.NONE, None),
    "portkey-gateway-1.15.2-default": (None, Auth.NONE, None),
    "promptfoo-0.121.20-default": ("0.121.20", Auth.NONE, None),
    "streamlit-1.67.0-default": (None, Auth.UNKNOWN, None),
    "streamlit-1.67.0-unprotected": (None, Auth.UNKNOWN, None),
    "synthetic-a2a-0.2-open": ("2.1.0", Auth.NONE, None),
    "synthetic-a2a-0.3-signed": ("2.1.0", Auth.REQUIRED, None),
    "synthetic-anythingllm-1.16-open": ("1.16.0", Auth.NONE, ("qwen3:8b",)),
    "synthetic-anythingllm-1.16-password": ("1.16.0", Auth.REQUIRED, ("qwen3:8b",)),
    "synthetic-automatic1111-1.10-api": (None, Auth.NONE, ("v1-5",)),
    "synthetic-automatic1111-1.10-api-auth": (None, Auth.REQUIRED, None),
    "synthetic-bifrost-1.6-auth": ("1.6.1", Auth.REQUIRED, None),
    "synthetic-bifrost-1.6-open": ("1.6.1", Auth.NONE, None),
    "synthetic-big-agi-2.1": (None, Auth.NONE, None),
    "synthetic-comfyui-0.31-cors": ("0.31.0", Auth.NONE, ("sd_xl_base_1.0.safetensors",)),
    "synthetic-comfyui-0.31-default": ("0.31.0", Auth.NONE, ("sd_xl_base_1.0.safetensors",)),
    "synthetic-dify-1.14-fresh": ("1.14.0", Auth.NONE, None),
    "synthetic-dify-1.14-installed": ("1.14.0", Auth.REQUIRED, None),
    "synthetic-envoy-ai-gateway-1.1": (None, Auth.NONE, ("gpt-4o",)),
    "synthetic-flowise-2.2.7-open": ("2.2.7", Auth.NONE, None),
    "synthetic-flowise-3.1.2": ("3.1.2", Auth.REQUIRED, None),
    "synthetic-helicone-jawn": (None, Auth.REQUIRED, None),
    "synthetic-invokeai-6.14.2-multiuser": ("6.14.2", Auth.REQUIRED, None),
    "synthetic-invokeai-6.14.2-single": ("6.14.2", Auth.NONE, ("SDXL Base",)),
    "synthetic-langflow-1.13.0-login": ("1.13.0", Auth.REQUIRED, None),
    "synthetic-langflow-1.13.0-skip-auth": ("1.13.0", Auth.NONE, None),
    "synthetic-langfuse-4.16": ("4.16.0", Auth.REQUIRED, None),
    "synthetic-letta-0.16.8-open": ("0.16.8", Auth.NONE, ("openai/gpt-4o",)),
    "synthetic-letta-0.16.8-secure": ("0.16.8", Auth.REQUIRED, None),
    "synthetic-librechat-0.8": (None, Auth.REQUIRED, None),
    "synthetic-llama-stack-0.2-auth": (None, Auth.REQUIRED, None),
    "synthetic-llama-stack-0.2-open": ("0.2.20", Auth.NONE, ("llama3.2:3b",)),
    "synthetic-lobechat-2-login": (None, Auth.REQUIRED, None),
    "synthetic-lobechat-2-open": (None, Auth.UNKNOWN, None),
    "synthetic-mcp-inspector-2.3.0-web": (None, Auth.REQUIRED, None),
    "synthetic-n8n-2.8.4-fresh": (None, Auth.NONE, None),
    "synthetic-n8n-2.8.4-installed": (None, Auth.REQUIRED, None),
    "synthetic-new-api-1.0.0": ("1.0.0", Auth.REQUIRED, None),
    "synthetic-olla-0.0.28": ("0.0.28", Auth.NONE, ("llama3",)),
    "synthetic-one-api-0.6.11": ("0.6.11", Auth.REQUIRED, None),
    "synthetic-open-interpreter-0.4.3-auth": (None, Auth.REQUIRED, None),
    "synthetic-open-interpreter-0.4.3-open": (None, Auth.NONE, None),
    "synthetic-open-webui-0.12.4-fresh": ("0.12.4", Auth.REQUIRED, None),
    "synthetic-open-webui-0.12.4-noauth": ("0.12.4", Auth.NONE, None),
    "synthetic-openclaw-2026.8-open": ("2026.8.20", Auth.NONE, None),
    "synthetic-openclaw-2026.8-token": (None, Auth.REQUIRED, None),
    "synthetic-privategpt-1.0-auth": ("1.0.1", Auth.REQUIRED, None),
    "synthetic-privategpt-1.0-open": ("1.0.1", Auth.NONE, ("gpt-oss-20b",)),
    "synthetic-semantic-router-0.3": (None, Auth.NONE, None),
    "synthetic-vllm-router-0.1.12": ("0.1.12", Auth.NONE, ("m",)),
}
"""Version, authentication and models of what was started when the recording was made."""
AT_HOME_ONLY = {
    "promptfoo-0.121.20-default",
    "synthetic-a2a-0.2-open",
    "synthetic-letta-0.16.8-open",
    "synthetic-olla-0.0.28",
}
"""Told in full on their own port alone: what shows them, or their version, is asked nowhere else."""
PRODUCTS = sorted({load(name).product for name in TRUTH})
CHECKS = [(product, check.id) for product in PRODUCTS for check in catalog().products[product].fingerprint.checks]

Said = dict[str, tuple[int, dict[str, str], str]]
"""Replies by ask: status, headers, body."""
STAR = {"Access-Control-Allow-Origin": "*"}
REFUSED: tuple[int, dict[str, str], str] = (401, {}, "")
OK: tuple[int, dict[str, str], str] = (200, {}, "{}")

MADE_TO_FAIL: dict[str, Said] = {
    "dify-internals-open": {"api_health": (200, {}, '{"pid":1,"thread_num":4,"threads":[]}')},
    "gradio-errors-shown": {"config": (200, {}, '{"components":[],"show_error":true}')},
    "helicone-interface-described": {"docs": (200, {"Content-Type": "text/html"}, '<div id="swagger-ui">')},
    "invokeai-admin-not-set-up": {"auth_status": (200, {}, '{"multiuser_enabled":true,"setup_required":true}')},
    "langserve-feedback-or-trace-open": {"described": (200, {}, '{"paths":{"/chain/feedback":{"post":{}}}}')},
    "new-api-not-set-up": {"status": (200, {}, '{"success":true,"data":{"setup":false}}')},
    "new-api-self-use-mode": {"status": (200, {}, '{"data":{"self_use_mode_enabled":true}}')},
    "openclaw-openai-interface-open": {
        "models": (200, {"Content-Type": "application/json"}, '{"object":"list","data":[{"id":"openclaw"}]}')
    },
    "portkey-console-open": {"console": (200, {"Content-Type": "text/html"}, "<!doctype html>")},
    "vllm-router-configuration-disclosed": {"health": (200, {}, '{"status":"healthy","dynamic_config":{"a":1}}')},
}
"""Checks that no recording fails: the replies that make them fail."""

MADE_TO_PASS: dict[str, Said] = {
    "anythingllm-settings-disclosed": {"setup": REFUSED},
    "autogen-studio-no-auth": {"login": (200, {}, '{"type":"github","exclude_paths":[]}')},
    "automatic1111-extensions-installable": {"flags": (200, {}, '{"enable_insecure_extension_access":false}')},
    "bifrost-inference-without-key": {"config": (200, {}, '{"client_config":{"enforce_auth_on_inference":true}}')},
    "big-agi-no-login": {"root": REFUSED},
    "chainlit-cors-any-origin": {"foreign_origin": OK},
    "comfyui-unauthenticated-api": {"prompt": REFUSED},
    "dify-internals-open": {"api_health": (404, {}, "")},
    "envoy-ai-gateway-no-auth": {"models": REFUSED},
    "gradio-functions-described": {"info": (200, {}, '{"named_endpoints":{},"unnamed_endpoints":{}}')},
    "gradio-no-login": {"config": REFUSED},
    "hayhooks-code-deployable": {"deploy": (404, {}, "")},
    "hayhooks-cors-any-origin": {"foreign_origin": OK},
    "langfuse-sign-up-open": {"sign_up": (307, {"Location": "/auth/sign-in"}, "")},
    "langfuse-version-disclosed": {"health": (403, {}, "")},
    "langgraph-a2a-on": {"card": (404, {}, "")},
    "langgraph-cors-any-origin": {"foreign_origin": OK},
    "langgraph-no-auth": {"runs": REFUSED},
    "langserve-configuration-by-caller": {"described": (200, {}, '{"paths":{"/chain/invoke":{}}}')},
    "librechat-email-not-verified": {"config": (200, {}, '{"registrationEnabled":true,"emailEnabled":true}')},
    "librechat-registration-open": {"config": (200, {}, '{"registrationEnabled":false}')},
    "olla-endpoints-disclosed": {"endpoints": (200, {}, '{"endpoints":[]}')},
    "olla-no-auth": {"unified": REFUSED},
    "one-api-cors-any-origin": {"foreign_origin": REFUSED},
    "one-api-email-not-verified": {"status": (200, {}, '{"data":{"email_verification":true}}')},
    "open-webui-cors-any-origin": {"foreign_origin": OK},
    "phoenix-graphql-explorer-open": {"graphql": REFUSED},
    "portkey-open-relay": {"models": REFUSED},
    "privategpt-described-to-anyone": {"described": (404, {}, "")},
    "promptfoo-cors-any-origin": {"results": (200, {}, '{"data":[]}')},
    "promptfoo-no-auth": {"results": REFUSED},
    "semantic-router-management-open": {"configuration": REFUSED},
    "streamlit-metrics-open": {"metrics": (404, {}, "")},
    "vllm-router-no-key": {"models": REFUSED},
}
"""Checks that no recording passes: the replies that make them pass."""


def at_home(name: str) -> int:
    return catalog().products[load(name).product].fingerprint.ports[0]


@every(TRUTH)
def test_named_on_its_port(name: str) -> None:
    assert_named(converse(Playback(name), at_home(name)).service, name, TRUTH[name])


@every([name for name in TRUTH if name not in AT_HOME_ONLY])
def test_named_on_any_port(name: str) -> None:
    assert_named(converse(Playback(name), UNNAMED_PORT).service, name, TRUTH[name])


@every(TRUTH)
def test_named_behind_a_proxy(name: str) -> None:
    service = converse(Playback(name, server=NGINX), at_home(name)).service
    assert_named(service, name, TRUTH[name])
    assert service.stack[0].product == "nginx"


def judged(product: str, check: str, replies: dict[str, Reply]) -> Verdict:
    kit = catalog().products[product]
    found = verdicts(kit, {ask: View(reply) for ask, reply in replies.items()}, "private")
    return next(finding.state for finding in found if finding.id == check)


def heard(said: Said) -> dict[str, Reply]:
    return {
        ask: Reply(status=status, headers=tuple(headers.items()), body=body.encode())
        for ask, (status, headers, body) in said.items()
    }


@cache
def found_at_home(name: str) -> list[tuple[str, Verdict]]:
    findings = converse(Playback(name), at_home(name)).service.findings
    return [(finding.id, finding.state) for finding in findings]


def seen_to(product: str, check: str) -> set[str]:
    """The verdicts that this product's recordings come to."""
    recorded = [name for name in TRUTH if load(name).product == product]
    return {str(state) for name in recorded for id_, state in found_at_home(name) if id_ == check}


@every(CHECKS)
def test_a_check_fails_where_it_should(product: str, check: str) -> None:
    if check in MADE_TO_FAIL:
        assert judged(product, check, heard(MADE_TO_FAIL[check])) is Verdict.FAIL
    else:
        assert "fail" in seen_to(product, check)


@every(CHECKS)
def test_a_check_passes_where_it_should(product: str, check: str) -> None:
    if check in MADE_TO_PASS:
        assert judged(product, check, heard(MADE_TO_PASS[check])) is Verdict.PASS
    else:
        assert "pass" in seen_to(product, check)


@every(CHECKS)
def test_a_check_says_unknown_where_nothing_was_heard(product: str, check: str) -> None:
    silence = dict.fromkeys(catalog().products[product].signatures, Reply(outcome=Outcome.TIMEOUT))
    assert judged(product, check, silence) in (Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)


@every(CHECKS)
def test_no_check_fails_behind_a_gate(product: str, check: str) -> None:
    gate = dict.fromkeys(catalog().products[product].signatures, Reply(status=401, body=b"Unauthorized"))
    assert judged(product, check, gate) is not Verdict.FAIL


def test_one_api_and_its_fork_are_told_apart() -> None:
    for name, product in (("synthetic-one-api-0.6.11", "one-api"), ("synthetic-new-api-1.0.0", "new-api")):
        service = converse(Playback(name), 3000).service
        assert [layer.product for layer in service.stack] == [product]


def test_an_application_made_with_gradio_is_named_itself() -> None:
    service = converse(Playback("synthetic-automatic1111-1.10-api"), 7860).service
    assert [layer.product for layer in service.stack] == ["automatic1111"]


@pytest.mark.parametrize("port", [UNNAMED_PORT, 3000])
@pytest.mark.parametrize(
    "title",
    [
        "AnythingLLM | Your personal LLM trained on anything",
        "AutoGen Studio",
        "Big-AGI",
        "Bifrost",
        "ComfyUI",
        "Flowise - Build AI Agents, Visually",
        "Invoke - Community Edition",
        "Langflow",
        "LibreChat",
        "LobeHub",
        "MCP Inspector",
        "New API",
        "Open WebUI",
        "OpenClaw Control",
        "Phoenix",
        "Stable Diffusion",
        "Streamlit",
        "n8n.io - Workflow Automation",
        "promptfoo",
    ],
)
def test_a_title_alone_names_nothing(title: str, port: int) -> None:
    page = Response(status=200, headers=[("Content-Type", "text/html")], body=f"<html><title>{title}</title></html>")
    lost = Response(status=404, headers=[("Content-Type", "text/html")], body="not here")
    for path, unknown in (("*", page), ("/", lost)):
        exchanges = [Exchange(request=Request(method="GET", path=path), response=page)]
        exchanges.append(Exchange(request=Request(method="*", path="*"), response=unknown))
        recording = Recording(name="written", product="none", synthetic=True, exchanges=exchanges)
        assert converse(Playback(recording), port).service.product is None


def test_the_inspector_from_2_on_gives_its_token_away() -> None:
    service = converse(Playback("synthetic-mcp-inspector-2.3.0-web"), 6274).service
    assert (service.product, service.auth) == ("mcp-inspector", Auth.REQUIRED)
    assert "mcp-inspector-token-in-page" in {finding.id for finding in service.findings if finding.state == "fail"}


def test_an_agent_that_guards_itself_has_no_finding() -> None:
    service = converse(Playback("synthetic-a2a-0.3-signed"), 9999).service
    assert {str(finding.state) for finding in service.findings} == {"pass"}


def test_what_acts_is_not_asked() -> None:
    acting: tuple[str, ...] = ("/api/env-dump", "/api/v1/auto_login", "/object_info", "/stdio", "/run-loops")
    acting += ("/webhook", "/download")
    acting += ("/gradio_api/startup-events", "/api/v2/models/install")
    for product in PRODUCTS:
        paths = [path for _, path, *_ in catalog().products[product].signatures.values()]
        assert not [path for path in paths if path.startswith(acting)]
