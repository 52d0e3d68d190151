"""The checks of the servers' fingerprints that a look at their command line, environment, sockets or user decides."""

import re
from collections.abc import Sequence

from livebom.bom.service import Verdict
from probes.local.judging import UNKNOWN, Case, Judgement, Rule, everywhere, failed, passed, root
from probes.local.options import Given
from probes.local.reach import WILD
from probes.local.workload import Held

_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96}")


def switched_on(*names: str, env: Sequence[str] = ()) -> Rule:
    """Fails where the switch is on, passes where the command line (or the environment, for a variable) lacks it."""

    def rule(case: Case) -> Judgement:
        given = case.started.switch(*names, env=env)
        if given:
            return failed(given.evidence)
        known = (case.started.tells or not names) and (case.started.tells_env or not env)
        return passed(f"{' and '.join([*names, *env])} not given") if known else UNKNOWN

    return rule


def switched_off(*names: str, env: Sequence[str] = ()) -> Rule:
    """Passes where the switch is on, fails where it is known not to be."""

    def rule(case: Case) -> Judgement:
        state, evidence = switched_on(*names, env=env)(case)
        turned = {Verdict.FAIL: Verdict.PASS, Verdict.PASS: Verdict.FAIL}
        return turned.get(state, state), evidence

    return rule


def given(*names: str, env: Sequence[str] = ()) -> Rule:
    """Fails where the option has a value."""

    def rule(case: Case) -> Judgement:
        found = case.started.option(*names, env=env)
        if found is not None and (found.value or not found.known):
            return failed(found.evidence)
        return passed(f"{' and '.join([*names, *env])} not given") if case.started.tells else UNKNOWN

    return rule


def no_key(*names: str, env: Sequence[str]) -> Rule:
    """Fails where no key was given in any of the ways there are."""

    def rule(case: Case) -> Judgement:
        found = case.started.option(*names, env=env)
        if found is not None:
            return passed(f"{found.name} given")
        if not (case.started.tells and (case.started.tells_env or not env)):
            return UNKNOWN
        return failed(f"{', '.join([*names, *env])}: none of them is given")

    return rule


def key_in_argv(*names: str) -> Rule:
    """Fails where the key stands on a command line."""

    def rule(case: Case) -> Judgement:
        for one in case.instance.workloads:
            for word in one.argv:
                if word.partition("=")[0] in names:
                    return failed(f"argv of {one.source}: {word.partition('=')[0]}")
        return passed(f"{', '.join(names)} not in argv") if case.started.tells else UNKNOWN

    return rule


def unpinned(*, env: bool = False) -> Rule:
    """Fails where a model of the Hub is loaded without the commit that is meant."""

    def rule(case: Case) -> Judgement:
        loaded = model_of(case)
        if loaded is None:
            return UNKNOWN
        if not _HUB.fullmatch(loaded.value):
            return Verdict.NOT_APPLICABLE, (loaded.evidence,)
        revision = case.started.option("--revision", env=("REVISION",) if env else ())
        if revision is not None and _COMMIT.fullmatch(revision.value):
            return passed(revision.evidence)
        return failed(loaded.evidence, revision.evidence if revision else "--revision not given")

    return rule


def model_of(case: Case) -> Given | None:
    """The model that it was told to load: an id of the Hub or a path."""
    product = case.product
    for words in case.started.lines if product in {"vllm", "aphrodite"} else ():
        if "serve" in words[:-1] and not (word := words[words.index("serve") + 1]).startswith("-"):
            return Given(word, f"argv: serve {word}", name="serve")
    names, env = _MODELS.get(product, (("--model", "--model-path", "--model-id"), ()))
    found = case.started.option(*names, env=env)
    return found if found is not None and found.value else None


_MODELS = {
    "vllm": (("--model",), ()),
    "tgi": (("--model-id",), ("MODEL_ID",)),
    "tei": (("--model-id",), ("MODEL_ID",)),
    "sglang": (("--model-path", "--model"), ()),
    "llamacpp": (("-m", "--model", "-hf", "--hf-repo", "-hfr"), ("LLAMA_ARG_MODEL", "LLAMA_ARG_HF_REPO")),
    "llama-cpp-python": (("--model", "--hf_model_repo_id"), ("MODEL", "HF_MODEL_REPO_ID")),
}


def hostname_fallback(case: Case) -> Judgement:
    """TGI takes a hostname that is no address for 0.0.0.0 (router/src/main.rs)."""
    found = case.started.option("--hostname", env=("HOSTNAME",))
    if found is None or not found.value:
        return UNKNOWN
    address = re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*", found.value)
    if address or case.instance.container.startswith(found.value):
        return passed(found.evidence)
    state, evidence = everywhere(case)
    return (state, (found.evidence, *evidence)) if state is not Verdict.UNKNOWN else UNKNOWN


def bodies_logged(case: Case) -> Judgement:
    """Ollama keeps prompts where it is told to, or debugs at level 2."""
    told = case.started.switch(env=("OLLAMA_DEBUG_LOG_REQUESTS",))
    level = case.started.variable("OLLAMA_DEBUG")
    if told:
        return failed(told.evidence)
    if level is not None and level.value.isdecimal() and int(level.value) >= 2:
        return failed(level.evidence)
    return passed("OLLAMA_DEBUG_LOG_REQUESTS not set") if case.started.tells_env else UNKNOWN


def any_origin(case: Case) -> Judgement:
    """Ollama answers pages of any site."""
    told = case.started.variable("OLLAMA_ORIGINS")
    if told is None:
        return passed("OLLAMA_ORIGINS not set") if case.started.tells_env else UNKNOWN
    if not told.known:
        return UNKNOWN
    return (failed if "*" in told.value.replace(" ", "").split(",") else passed)(told.evidence)


def too_wide(case: Case) -> Judgement:
    """llama-server serves a folder that holds more than pages: the root, a home, or where the models are."""
    shared = case.started.option("--path", "--media-path", env=("LLAMA_ARG_STATIC_PATH",))
    if shared is None:
        return passed("--path and --media-path not given") if case.started.tells else UNKNOWN
    folder = shared.value.rstrip("/") or "/"
    loaded = model_of(case)
    holds = loaded is not None and loaded.value.startswith(f"{folder}/")
    home = folder == "/root" or re.fullmatch(r"/home/[^/]+|/home|~", folder)
    return (failed if folder == "/" or home or holds else passed)(shared.evidence)


def rpc_exposed(case: Case) -> Judgement:
    """Layers are handed to RPC backends, which ask nobody who they are, over the network."""
    backends = case.started.option("--rpc", env=("LLAMA_ARG_RPC",))
    if backends is None:
        return passed("--rpc not given") if case.started.tells else UNKNOWN
    hosts = [one.strip().rpartition(":")[0] for one in backends.value.split(",")]
    far = [one for one in hosts if not (one.startswith("127.") or one in {"localhost", "[::1]", "::1"})]
    return (failed if far else passed)(backends.evidence)


def polled(case: Case) -> Judgement:
    """Triton looks into its repository again and again."""
    mode = case.started.option("--model-control-mode")
    if mode is None:
        return passed("--model-control-mode not given") if case.started.tells else UNKNOWN
    return (failed if mode.value == "poll" else passed)(mode.evidence)


def restricted_once(case: Case) -> Judgement:
    """What Triton restricts on one protocol it must restrict on the other."""
    http = _categories(case.started.every("--http-restricted-api"))
    grpc = _categories(case.started.every("--grpc-restricted-protocol"))
    if not case.started.tells:
        return UNKNOWN
    if not http and not grpc:
        return Verdict.NOT_APPLICABLE, ()
    gap = [f"{one} is restricted on {'HTTP' if one in http else 'gRPC'} only" for one in sorted(http ^ grpc)]
    return failed(*gap) if gap else passed("both protocols restrict the same")


def _categories(options: Sequence[Given]) -> set[str]:
    return {name for one in options for name in one.value.partition(":")[0].split(",") if name}


def mitm(case: Case) -> Judgement:
    """LocalAI's intercepting proxy beyond loopback."""
    told = case.started.option("--mitm-listen", env=("LOCALAI_MITM_LISTEN",))
    if told is None:
        return passed("LOCALAI_MITM_LISTEN not set") if case.started.tells_env else UNKNOWN
    host = told.value.rpartition(":")[0]
    near = host.startswith("127.") or host in {"localhost", "[::1]"}
    return (passed if near else failed)(told.evidence)


def pool_bound(case: Case) -> Judgement:
    """Only the bound proves anything here: whether a model is decoupled stands in its configuration."""
    bound = case.started.option("--grpc-max-response-pool-size")
    return passed(bound.evidence) if bound else UNKNOWN


def lmlink(case: Case) -> Judgement:
    """LM Link's connector on every interface."""
    for one in case.instance.processes:
        wild = [socket for socket in one.sockets or () if socket.host in WILD]
        if wild and "lmlink-connector" in " ".join((one.exe, *one.argv)):
            return failed(f"lmlink-connector listens on {wild[0].host}:{wild[0].port}")
    return UNKNOWN


def _files(case: Case, role: str) -> list[Held]:
    return list(dict.fromkeys(held for one in case.instance.workloads for held in one.files if held.role == role))


def _shown(held: Held) -> str:
    return f"{held.path}: mode {held.mode:04o}"


def _others_read(held: Held) -> bool:
    return bool((held.mode & 0o004 and held.all_reach) or (held.mode & 0o040 and held.group_reaches))


def key_file(case: Case) -> Judgement:
    """Whether the group of llama-server's key file, or everybody, may read it; the file itself is never opened."""
    if case.started.tells and case.started.option("--api-key-file", env=("LLAMA_ARG_API_KEY_FILE",)) is None:
        return Verdict.NOT_APPLICABLE, ()
    found = _files(case, "key")
    bad = [_shown(held) for held in found if _others_read(held)]
    return failed(*bad) if bad else passed(*map(_shown, found)) if found else UNKNOWN


def store_writable(case: Case) -> Judgement:
    """Whether everybody, or a group that people are in, may write Ollama's folders or files."""
    found = _files(case, "store")
    bad = [_shown(held) for held in found if _others_write(held)]
    if bad:
        return failed(*bad[:8])
    return passed(f"{found[0].path}: {len(found)} folders and files looked at") if found else UNKNOWN


def _others_write(held: Held) -> bool:
    if held.folder and held.mode & 0o1000:  # what is there is its owner's alone to exchange
        return False
    return bool((held.mode & 0o002 and held.all_reach) or (held.mode & 0o020 and held.group_reaches and held.people))


def mcp_secrets(case: Case) -> Judgement:
    """Tokens in LM Studio's mcp.json as plain text, or others who may read it."""
    home, found = _files(case, "home"), _files(case, "mcp")
    if home and not found:
        return passed(f"{home[0].path}: no mcp.json")
    if not found:
        return UNKNOWN
    held = found[0]
    if held.secrets:
        return failed(f"{held.path}: {', '.join(held.secrets)} in plain text")
    if held.servers is None:
        return UNKNOWN
    return (failed if held.servers and _others_read(held) else passed)(_shown(held))


def mcp_callable(case: Case) -> Judgement:
    """Where mcp.json names no server there is nothing to call; the switch itself is not documented."""
    home, found = _files(case, "home"), _files(case, "mcp")
    if home and not any(held.servers is None or held.servers for held in found):
        return passed(f"{home[0].path}: mcp.json names no server")
    return UNKNOWN


def no_logs(case: Case) -> Judgement:
    """Where LM Studio keeps no logs no prompt stands in them; those that it keeps are not read."""
    home = _files(case, "home")
    return passed(f"{home[0].path}: no server-logs") if home and not _files(case, "logs") else UNKNOWN


def internal_ports(case: Case) -> Judgement:
    """vLLM's stores and queues: what its processes listen on beside the API, where others can reach it."""
    told = case.started.option("--port")
    port = int(told.value) if told and told.value.isdecimal() else 8000
    processes = case.instance.processes
    sockets = {socket for one in processes for socket in one.sockets or ()}
    if any(one.sockets is None for one in processes) or port not in {socket.port for socket in sockets}:
        return UNKNOWN
    others = sorted(s for s in sockets if s.port != port and not (s.host.startswith("127.") or s.host == "::1"))
    if not case.instance.host_network:
        outside = {one.inner for container in case.instance.containers for one in container.published}
        others = [socket for socket in others if socket.port in outside]
    bad = [f"listens on {socket.host}:{socket.port}" for socket in others]
    return failed(*bad[:8]) if bad else passed(f"beside port {port} nothing that others reach")


HOST: dict[str, Rule] = {
    "llamacpp-api-key-file-mode": key_file,
    "ollama-model-store-writable": store_writable,
    "lmstudio-mcp-json-secrets": mcp_secrets,
    "lmstudio-mcp-json-callable": mcp_callable,
    "lmstudio-prompts-in-server-logs": no_logs,
    "vllm-distributed-ports-exposed": internal_ports,
    "vllm-trust-remote-code": switched_on("--trust-remote-code"),
    "vllm-unpinned-revision": unpinned(),
    "vllm-local-media-path": given("--allowed-local-media-path"),
    "vllm-insecure-serialization": switched_on(env=("VLLM_ALLOW_INSECURE_SERIALIZATION",)),
    "vllm-secret-in-argv": key_in_argv("--api-key"),
    "vllm-runs-as-root": root,
    "ollama-bind-all-interfaces": everywhere,
    "ollama-runs-as-root": root,
    "ollama-request-bodies-logged": bodies_logged,
    "tgi-hostname-fallback-all-interfaces": hostname_fallback,
    "tgi-bind-all-interfaces": everywhere,
    "tgi-api-key-in-argv": key_in_argv("--api-key"),
    "tgi-trust-remote-code": switched_on("--trust-remote-code", env=("TRUST_REMOTE_CODE",)),
    "tgi-unpinned-revision": unpinned(env=True),
    "tgi-runs-as-root": root,
    "llamacpp-slot-save-enabled": given("--slot-save-path", env=("LLAMA_ARG_SLOT_SAVE_PATH",)),
    "llamacpp-static-path-overbroad": too_wide,
    "llamacpp-bind-all-interfaces": everywhere,
    "llamacpp-secret-in-argv": key_in_argv("--api-key"),
    "llamacpp-rpc-backend-exposed": rpc_exposed,
    "llamacpp-runs-as-root": root,
    "localai-csrf-disabled": switched_on("--disable-csrf", env=("LOCALAI_DISABLE_CSRF",)),
    "localai-unverified-backends": switched_off(env=("LOCALAI_REQUIRE_BACKEND_INTEGRITY",)),
    "localai-predownload-scan-off": switched_on(
        "--disable-predownload-scan", env=("LOCALAI_DISABLE_PREDOWNLOAD_SCAN",)
    ),
    "localai-insecure-public-bind": switched_on(
        "--allow-insecure-public-bind", env=("LOCALAI_ALLOW_INSECURE_PUBLIC_BIND",)
    ),
    "localai-mitm-listener": mitm,
    "triton-model-control-poll": polled,
    "triton-restriction-gap": restricted_once,
    "triton-runs-as-root": root,
    "triton-grpc-response-pool-unbounded": pool_bound,
    "lmstudio-lmlink-listener": lmlink,
}
"""Checks that only a host can confirm, by their id."""


def telemetry(case: Case) -> Judgement:
    """TGI reports unless it is told not to."""
    told = case.started.option("--usage-stats", env=("USAGE_STATS",))
    if told is not None and told.value in {"off", "no-stack"}:
        return (passed if told.value == "off" else failed)(told.evidence)
    return failed("--usage-stats not off") if case.started.tells and case.started.tells_env else UNKNOWN


def media(case: Case) -> Judgement:
    """A list of domains proves that media is not fetched from anywhere; without one the model decides."""
    told = case.started.option("--allowed-media-domains")
    return passed(told.evidence) if told else UNKNOWN


HOST |= {"tgi-telemetry-on": telemetry, "vllm-media-ssrf-unrestricted": media}

ALSO: dict[str, Rule] = {
    "vllm-unauthenticated-api": no_key("--api-key", env=("VLLM_API_KEY",)),
    "vllm-dev-mode-enabled": switched_on(env=("VLLM_SERVER_DEV_MODE",)),
    "vllm-runtime-lora-loading": switched_on(env=("VLLM_ALLOW_RUNTIME_LORA_UPDATING",)),
    "tgi-unauthenticated-api": no_key("--api-key", env=("API_KEY",)),
    "llamacpp-unauthenticated-api": no_key(
        "--api-key", "--api-key-file", env=("LLAMA_API_KEY", "LLAMA_ARG_API_KEY_FILE")
    ),
    "llamacpp-props-writable": switched_on("--props", env=("LLAMA_ARG_ENDPOINT_PROPS",)),
    "localai-no-auth": no_key("--api-keys", env=("LOCALAI_API_KEY", "API_KEY")),
    "ollama-cors-any-origin": any_origin,
    "sglang-unauthenticated-api": no_key("--api-key", env=()),
}
"""Checks that the network confirms, for a server that the network did not see."""

ENVIRONMENT = frozenset(
    {
        "HOME", "HOSTNAME", "LLAMA_ARG_API_KEY_FILE",
        "LLAMA_ARG_ENDPOINT_PROPS", "LLAMA_ARG_HF_REPO", "LLAMA_ARG_HOST", "LLAMA_ARG_MODEL",
        "LLAMA_ARG_PORT", "LLAMA_ARG_RPC", "LLAMA_ARG_SLOT_SAVE_PATH", "LLAMA_ARG_STATIC_PATH",
        "LOCALAI_ALLOW_INSECURE_PUBLIC_BIND", "LOCALAI_DISABLE_CSRF", "LOCALAI_DISABLE_PREDOWNLOAD_SCAN",
        "LOCALAI_MITM_LISTEN", "LOCALAI_REQUIRE_BACKEND_INTEGRITY", "MODEL", "MODEL_ID", "HF_MODEL_REPO_ID",
        "NVIDIA_TRITON_SERVER_VERSION", "OLLAMA_DEBUG", "OLLAMA_DEBUG_LOG_REQUESTS", "OLLAMA_HOST", "OLLAMA_MODELS",
        "OLLAMA_ORIGINS", "PORT", "REVISION", "TRITON_SERVER_VERSION", "TRUST_REMOTE_CODE", "USAGE_STATS",
        "VLLM_ALLOW_INSECURE_SERIALIZATION", "VLLM_ALLOW_RUNTIME_LORA_UPDATING", "VLLM_SERVER_DEV_MODE",
    }
)  # fmt: skip
"""The variables whose values these rules, and the names of models, need; a source keeps no others."""
