"""Host-only checks get their verdict from command line, environment, sockets and user, or say that they cannot."""

from typing import Any

import pytest
from msgspec.structs import replace

from livebom.recognise.rules import CheckRule
from livebom.surfaces import load_catalog, load_workload_checks
from probes.local import checks_servers, checks_workloads
from probes.local.workload import Held, Image, Mount, Published, Socket, Workload
from tests.probes.local.shapes import ID, docker, failing, process, state_of

WIDE = "0.0.0.0"
OLLAMA = ("ollama", "serve")
VLLM = ("vllm", "serve", "acme/Bot")
TGI = ("text-generation-launcher", "--model-id", "acme/bot")
LLAMA = ("llama-server", "-m", "/models/a.gguf")
LOCALAI = ("/usr/bin/local-ai", "run")
TRITON = ("tritonserver", "--model-repository=/models")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def ran(*argv: str, user: str = "ada", host: str = "127.0.0.1", **env: str) -> Workload:
    """A process of the host with these variables."""
    return process(*argv, user=user, host=host, env=env, env_names=("PATH", *env))


def held(role: str, mode: int, **given: Any) -> Held:
    """A file or folder of that role."""
    return Held(role=role, path=f"/{role}", mode=mode, **given)


def having(one: Workload, *files: Held) -> Workload:
    """The workload with these files."""
    return replace(one, files=files)


KEYED = ran(*LLAMA, "--api-key-file", "/key")
STUDIO = ran("/opt/LM-Studio/lm-studio")
LM_HOME = held("home", 0o755, folder=True)


CASES: dict[str, tuple[Workload, Workload]] = {
    "llamacpp-api-key-file-mode": (having(KEYED, held("key", 0o640)), having(KEYED, held("key", 0o600))),
    "ollama-model-store-writable": (
        having(ran(*OLLAMA), held("store", 0o777, folder=True)),
        having(ran(*OLLAMA), held("store", 0o1777, folder=True), held("store", 0o664)),
    ),
    "vllm-distributed-ports-exposed": (
        replace(ran(*VLLM), sockets=(Socket(host="127.0.0.1", port=8000), Socket(host=WIDE, port=29500))),
        replace(ran(*VLLM), sockets=(Socket(host=WIDE, port=8000), Socket(host="127.0.0.1", port=29500))),
    ),
    "lmstudio-mcp-json-secrets": (
        having(STUDIO, LM_HOME, held("mcp", 0o600, servers=1, secrets=("env.TOKEN",))),
        having(STUDIO, LM_HOME, held("mcp", 0o600, servers=1)),
    ),
    "vllm-trust-remote-code": (ran(*VLLM, "--trust-remote-code"), ran(*VLLM)),
    "vllm-unpinned-revision": (ran(*VLLM), ran(*VLLM, "--revision", COMMIT)),
    "vllm-local-media-path": (ran(*VLLM, "--allowed-local-media-path=/srv"), ran(*VLLM)),
    "vllm-insecure-serialization": (ran(*VLLM, VLLM_ALLOW_INSECURE_SERIALIZATION="1"), ran(*VLLM)),
    "vllm-secret-in-argv": (ran(*VLLM, "--api-key", "[named-secret:8:00]"), ran(*VLLM)),
    "vllm-runs-as-root": (ran(*VLLM, user="root"), ran(*VLLM)),
    "vllm-unauthenticated-api": (ran(*VLLM), ran(*VLLM, VLLM_API_KEY="")),
    "vllm-dev-mode-enabled": (ran(*VLLM, VLLM_SERVER_DEV_MODE="1"), ran(*VLLM, VLLM_SERVER_DEV_MODE="0")),
    "vllm-runtime-lora-loading": (ran(*VLLM, VLLM_ALLOW_RUNTIME_LORA_UPDATING="True"), ran(*VLLM)),
    "ollama-bind-all-interfaces": (ran(*OLLAMA, host=WIDE), ran(*OLLAMA)),
    "ollama-runs-as-root": (ran(*OLLAMA, user="0"), ran(*OLLAMA, user="ollama")),
    "ollama-request-bodies-logged": (ran(*OLLAMA, OLLAMA_DEBUG="2"), ran(*OLLAMA, OLLAMA_DEBUG="1")),
    "ollama-cors-any-origin": (ran(*OLLAMA, OLLAMA_ORIGINS="https://a, *"), ran(*OLLAMA, OLLAMA_ORIGINS="https://a")),
    "tgi-hostname-fallback-all-interfaces": (
        ran(*TGI, "--hostname", "localhost", host=WIDE), ran(*TGI, "--hostname", "127.0.0.1"),
    ),
    "tgi-bind-all-interfaces": (ran(*TGI, host="::"), ran(*TGI)),
    "tgi-api-key-in-argv": (ran(*TGI, "--api-key=x"), ran(*TGI)),
    "tgi-trust-remote-code": (ran(*TGI, TRUST_REMOTE_CODE="true"), ran(*TGI, TRUST_REMOTE_CODE="false")),
    "tgi-unpinned-revision": (ran(*TGI, REVISION="main"), ran(*TGI, REVISION=COMMIT)),
    "tgi-runs-as-root": (ran(*TGI, user="root:root"), ran(*TGI)),
    "tgi-telemetry-on": (ran(*TGI), ran(*TGI, "--usage-stats", "off")),
    "tgi-unauthenticated-api": (ran(*TGI), ran(*TGI, API_KEY="")),
    "llamacpp-slot-save-enabled": (ran(*LLAMA, "--slot-save-path", "/tmp/s"), ran(*LLAMA)),  # noqa: S108 - a word
    "llamacpp-static-path-overbroad": (ran(*LLAMA, "--path", "/models/"), ran(*LLAMA, "--path", "/srv/pages")),
    "llamacpp-bind-all-interfaces": (ran(*LLAMA, host=WIDE), ran(*LLAMA)),
    "llamacpp-secret-in-argv": (ran(*LLAMA, "--api-key", "x"), ran(*LLAMA)),
    "llamacpp-rpc-backend-exposed": (
        ran(*LLAMA, "--rpc", "127.0.0.1:50052,10.0.0.9:50052"), ran(*LLAMA, "--rpc", "localhost:50052"),
    ),
    "llamacpp-runs-as-root": (ran(*LLAMA, user="root"), ran(*LLAMA)),
    "llamacpp-unauthenticated-api": (ran(*LLAMA), ran(*LLAMA, "--api-key-file", "/etc/key")),
    "llamacpp-props-writable": (ran(*LLAMA, "--props"), ran(*LLAMA)),
    "localai-csrf-disabled": (ran(*LOCALAI, LOCALAI_DISABLE_CSRF="true"), ran(*LOCALAI)),
    "localai-unverified-backends": (ran(*LOCALAI), ran(*LOCALAI, LOCALAI_REQUIRE_BACKEND_INTEGRITY="true")),
    "localai-predownload-scan-off": (ran(*LOCALAI, LOCALAI_DISABLE_PREDOWNLOAD_SCAN="true"), ran(*LOCALAI)),
    "localai-insecure-public-bind": (ran(*LOCALAI, "--allow-insecure-public-bind"), ran(*LOCALAI)),
    "localai-mitm-listener": (
        ran(*LOCALAI, LOCALAI_MITM_LISTEN=":8443"), ran(*LOCALAI, LOCALAI_MITM_LISTEN="127.0.0.1:1"),
    ),
    "localai-no-auth": (ran(*LOCALAI), ran(*LOCALAI, LOCALAI_API_KEY="")),
    "triton-model-control-poll": (ran(*TRITON, "--model-control-mode=poll"), ran(*TRITON)),
    "triton-restriction-gap": (
        ran(*TRITON, "--http-restricted-api=model-repository,trace:k=v"),
        ran(*TRITON, "--http-restricted-api=trace:k=v", "--grpc-restricted-protocol=trace:k=v"),
    ),
    "triton-runs-as-root": (ran(*TRITON, user="0:0"), ran(*TRITON, user="1000")),
    "sglang-unauthenticated-api": (
        ran("python", "-m", "sglang.launch_server"), ran("python", "-m", "sglang.launch_server", "--api-key", "x"),
    ),
    "container-image-unpinned": (docker(), docker(image=Image(reference="vllm/vllm-openai@sha256:" + "ab" * 32))),
    "container-image-latest": (docker(image=Image(reference="vllm/vllm-openai")), docker()),
    "container-privileged": (docker(privileged=True), docker()),
    "container-capabilities-added": (docker(capabilities=("CAP_SYS_ADMIN",)), docker(capabilities=("IPC_LOCK",))),
    "container-host-network": (docker(network="host"), docker()),
    "container-runtime-socket-mounted": (
        docker(mounts=(Mount(source="/var/run/docker.sock", destination="/s", writable=False),)), docker(),
    ),
    "container-host-folder-mounted": (
        docker(mounts=(Mount(source="/", destination="/host", writable=False),)),
        docker(mounts=(Mount(source="/srv/models", destination="/models", writable=False),)),
    ),
    "container-model-store-writable": (
        docker(mounts=(Mount(source="/srv/m", destination="/root/.cache/huggingface", writable=True),)),
        docker(mounts=(Mount(source="/srv/m", destination="/root/.cache/huggingface", writable=False),)),
    ),
    "container-published-everywhere": (docker(published=(Published(host=WIDE, port=80, inner=8000),)), docker()),
    "container-runs-as-root": (
        docker("python", "-m", "sglang.launch_server", user="0", image=None),
        docker("python", "-m", "sglang.launch_server", image=None),
    ),
    "workload-secret-in-argv": (
        process("python", "-m", "sglang.launch_server", "--x", "y", secrets=(("argv[3]", "huggingface-token"),)),
        process("python", "-m", "sglang.launch_server"),
    ),
    "workload-secret-in-environment": (docker(secrets=(("env:HF_TOKEN", "huggingface-token"),)), docker()),
    "workload-contradicts-itself": (docker("sglang.launch_server"), docker()),
}  # fmt: skip
ABSTAIN = {
    "vllm-media-ssrf-unrestricted", "triton-grpc-response-pool-unbounded", "lmstudio-mcp-json-callable",
    "lmstudio-prompts-in-server-logs",
}  # fmt: skip
"""What only a pass is known of here."""
EVERY = sorted(CASES)
IMAGES = {
    "vllm": "vllm/vllm-openai", "ollama": "ollama/ollama", "tgi": "huggingface/text-generation-inference",
    "llamacpp": "ggml-org/llama.cpp:server", "localai": "localai/localai", "triton": "nvidia/tritonserver",
    "sglang": "lmsysorg/sglang",
}  # fmt: skip


def declared() -> dict[str, CheckRule]:
    """Every declared check by its id."""
    rules = {check.id: check for kit in load_catalog().kits for check in kit.fingerprint.checks}
    return rules | {check.id: check for check in load_workload_checks()}


def test_every_rule_has_its_declaration_and_its_cases() -> None:
    rules = checks_servers.HOST | checks_servers.ALSO | checks_workloads.RULES
    assert rules.keys() <= declared().keys()
    assert rules.keys() - {"lmstudio-lmlink-listener"} == CASES.keys() | ABSTAIN
    assert {check.id for check in load_workload_checks()} == checks_workloads.RULES.keys()
    assert all(declared()[name].confirm == "host" for name in checks_servers.HOST)


@pytest.mark.parametrize("check", EVERY)
def test_it_fails_where_it_should_and_says_what_it_saw(check: str) -> None:
    assert all(failing(CASES[check][0])[check])


@pytest.mark.parametrize("check", EVERY)
def test_it_passes_where_it_should(check: str) -> None:
    assert state_of(check, CASES[check][1]) == "pass"


@pytest.mark.parametrize(
    "check", sorted((checks_servers.HOST.keys() | checks_servers.ALSO.keys()) - {"lmstudio-lmlink-listener"})
)
def test_nothing_is_said_where_nothing_is_known(check: str) -> None:
    """A runtime that tells an image and nothing else."""
    image = IMAGES.get(check.partition("-")[0], "")
    bare = Workload(source="containerd", id=ID, runtime="containerd", image=Image(reference=image)) if image else STUDIO
    assert state_of(check, bare) == "unknown"


def test_a_shell_that_starts_the_server_is_read_through() -> None:
    assert "vllm-trust-remote-code" in failing(docker("sh", "-c", "exec vllm serve a/b --trust-remote-code"))


def test_the_connector_of_lm_studio_is_seen_by_its_socket() -> None:
    studio = process("/opt/LM Studio/lm-studio", pid=1, port=1234)
    link = process("/home/ada/.lmstudio/bin/lmlink-connector", pid=2, parent=1, host=WIDE, port=40000)
    assert "lmstudio-lmlink-listener" in failing(studio, link)


def test_ports_between_workers_count_where_others_reach_them() -> None:
    check, inner = "vllm-distributed-ports-exposed", (Socket(host=WIDE, port=8000), Socket(host=WIDE, port=29500))
    worker = process("VLLM::EngineCore", pid=2, parent=4000, host=WIDE, port=29500)
    inside = replace(ran(*VLLM), container=ID, network="netns:1", sockets=inner)
    open_port = Published(host=WIDE, port=1, inner=29500)

    assert check in failing(ran(*VLLM), worker)
    assert state_of(check, inside, docker()) == "pass"
    assert state_of(check, inside, docker(published=(open_port,))) == "fail"
    assert state_of(check, replace(inside, sockets=None), docker()) == "unknown"
    assert state_of(check, replace(ran(*VLLM), sockets=inner[1:])) == "unknown"  # another port is the interface's


def test_a_folder_of_the_hub_by_path_needs_no_revision() -> None:
    assert state_of("vllm-unpinned-revision", ran("vllm", "serve", "/models/bot")) == "not_applicable"


def test_only_proofs_pass_where_a_model_decides() -> None:
    assert state_of("vllm-media-ssrf-unrestricted", ran(*VLLM)) == "unknown"
    assert state_of("vllm-media-ssrf-unrestricted", ran(*VLLM, "--allowed-media-domains", "a.example")) == "pass"
    assert state_of("triton-grpc-response-pool-unbounded", ran(*TRITON)) == "unknown"
    assert state_of("triton-grpc-response-pool-unbounded", ran(*TRITON, "--grpc-max-response-pool-size=8")) == "pass"


def test_children_do_not_speak_for_the_socket_of_their_parent() -> None:
    child = process("llama-server", pid=2, parent=4000, port=40001)
    assert state_of("ollama-bind-all-interfaces", ran(*OLLAMA), child) == "pass"
