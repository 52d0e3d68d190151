"""The checks of fingerprints/workloads.yaml: what is wrong with the container or process that a server runs in."""

import re
from collections.abc import Callable

from livebom.bom.service import Verdict
from probes.local.judging import UNKNOWN, Case, Judgement, Rule, failed, passed, published, root
from probes.local.workload import Mount

_ELSEWHERE: Judgement = (Verdict.NOT_APPLICABLE, ())
_DANGEROUS = frozenset(
    {
        "ALL", "BPF", "DAC_OVERRIDE", "DAC_READ_SEARCH", "MAC_ADMIN", "NET_ADMIN", "PERFMON", "SYS_ADMIN", "SYS_BOOT",
        "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "SYS_TIME", "SYSLOG",
    }
)  # fmt: skip
"""Those that lead out of a container (capabilities(7)); without `CAP_`."""
_SOCKETS = re.compile(r"(docker|podman|containerd|crio|cri-dockerd|dockershim|buildkitd)\.sock\Z")
_HOSTS_OWN = re.compile(r"/(|etc|root|home|boot|dev|proc|sys|usr|var|var/lib|var/lib/docker|var/lib/kubelet)\Z")
_MODELS = re.compile(
    r"(\A|/)(models?|model[-_]repository|checkpoints|weights|loras?|huggingface|\.ollama|hub|gguf)(/|\Z)", re.IGNORECASE
)


def unpinned(case: Case) -> Judgement:
    """By tag only."""
    images = [(one.source, one.image) for one in case.instance.containers if one.image and one.image.reference]
    if not images:
        return UNKNOWN if case.instance.container else _ELSEWHERE
    source, image = images[0]
    return (passed if image.pinned or "@sha256:" in image.reference else failed)(f"{source}: {image.reference}")


def latest(case: Case) -> Judgement:
    """`latest`, said or meant."""
    state, evidence = unpinned(case)
    if state is not Verdict.FAIL:
        return state, evidence
    name, _, tag = evidence[0].rpartition("/")[2].partition(":")
    if not case.instance.containers[0].image or re.fullmatch(r"[0-9a-f]{12,64}", name):
        return UNKNOWN
    return (failed if tag in {"", "latest"} else passed)(*evidence)


def as_root(case: Case) -> Judgement:
    """Left to the product's own check where it has one."""
    if not case.instance.container or any(one.endswith("-runs-as-root") for one in case.own_checks):
        return _ELSEWHERE
    return root(case)


def privileged(case: Case) -> Judgement:
    """As the runtime tells."""
    told = [one for one in case.instance.containers if one.privileged is not None]
    if not told:
        return UNKNOWN if case.instance.container else _ELSEWHERE
    return (failed if told[0].privileged else passed)(f"{told[0].source}: privileged {told[0].privileged}".lower())


def capable(case: Case) -> Judgement:
    """Those that were added and are dangerous; a privileged container has its own finding."""
    told = case.instance.containers
    if not told:
        return UNKNOWN if case.instance.container else _ELSEWHERE
    added = {one.upper().removeprefix("CAP_") for source in told for one in source.capabilities}
    bad = sorted(added & _DANGEROUS)
    return failed(f"{told[0].source}: added {', '.join(bad)}") if bad else passed("none of them was added")


def host_network(case: Case) -> Judgement:
    """The host's own network namespace."""
    told = [one for one in case.instance.containers if one.network]
    if not told:
        return UNKNOWN if case.instance.container else _ELSEWHERE
    return (failed if told[0].network == "host" else passed)(f"{told[0].source}: network {told[0].network}")


def runtime_socket(case: Case) -> Judgement:
    """docker.sock and its like."""
    return _mounts(case, lambda one: bool(_SOCKETS.search(one.source) or _SOCKETS.search(one.destination)))


def host_folder(case: Case) -> Judgement:
    """Folders that belong to the host."""
    return _mounts(case, lambda one: bool(_HOSTS_OWN.fullmatch(one.source.rstrip("/") or "/")))


def models_writable(case: Case) -> Judgement:
    """A mount that is named like a store of models, or holds the model that is loaded."""
    return _mounts(case, lambda one: one.writable and bool(_MODELS.search(one.destination)))


def published_everywhere(case: Case) -> Judgement:
    """0.0.0.0 and ::."""
    return published(case) if case.instance.container else _ELSEWHERE


def secret_in_argv(case: Case) -> Judgement:
    """Left to the product's own check where it has one."""
    if any(one.endswith(("-secret-in-argv", "-api-key-in-argv")) for one in case.own_checks):
        return _ELSEWHERE
    found = _secrets(case, "argv")
    return failed(*found) if found else passed("no secret in argv") if case.started.tells else UNKNOWN


def secret_in_environment(case: Case) -> Judgement:
    """Of a container: that of a process of the host is its owner's and root's alone."""
    if not case.instance.container:
        return _ELSEWHERE
    found = _secrets(case, "env")
    return failed(*found) if found else passed("no secret in the environment") if case.started.tells_env else UNKNOWN


def contradicts(case: Case) -> Judgement:
    """What the sources say side by side."""
    return failed(*case.contradictions) if case.contradictions else passed("its sources agree")


def _secrets(case: Case, where: str) -> list[str]:
    told = [(one.source, *secret) for one in case.instance.workloads for secret in one.secrets]
    return list(dict.fromkeys(f"{place}: {kind} ({source})" for source, place, kind in told if place.startswith(where)))


def _mounts(case: Case, bad: Callable[[Mount], bool]) -> Judgement:
    told = case.instance.containers
    if not told:
        return UNKNOWN if case.instance.container else _ELSEWHERE
    mounts = [(one.source, mount) for one in told for mount in one.mounts]
    found = [f"{source}: {one.source} -> {one.destination} ({_mode(one)})" for source, one in mounts if bad(one)]
    return failed(*dict.fromkeys(found)) if found else passed(f"{len(mounts)} mounts looked at")


def _mode(mount: Mount) -> str:
    return "rw" if mount.writable else "ro"


RULES: dict[str, Rule] = {
    "container-image-unpinned": unpinned,
    "container-image-latest": latest,
    "container-runs-as-root": as_root,
    "container-privileged": privileged,
    "container-capabilities-added": capable,
    "container-host-network": host_network,
    "container-runtime-socket-mounted": runtime_socket,
    "container-host-folder-mounted": host_folder,
    "container-model-store-writable": models_writable,
    "container-published-everywhere": published_everywhere,
    "workload-secret-in-argv": secret_in_argv,
    "workload-secret-in-environment": secret_in_environment,
    "workload-contradicts-itself": contradicts,
}
"""By the check's id."""
