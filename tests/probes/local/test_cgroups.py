"""Containers and units by the shapes that runtimes give to control groups."""

import pytest

from probes.local.cgroups import container_of, unit_of
from tests.probes.local.fakeproc import ID

OTHER = "0a" * 32


@pytest.mark.parametrize(
    "line",
    [
        f"12:memory:/docker/{ID}",
        f"0::/system.slice/docker-{ID}.scope",
        f"0::/system.slice/docker-{ID}.scope/init.scope",
        f"5:cpu:/machine.slice/libpod-{ID}.scope",
        f"0::/machine.slice/libpod-{ID}.scope/container",
        f"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container",
        f"7:pids:/libpod_parent/libpod-{ID}",
        f"3:devices:/kubepods/besteffort/pod6f0cb0e5-9e1f-4a8c-bb5b-0123456789ab/{ID}",
        f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod6f0cb0e5_9e1f.slice/cri-containerd-{ID}.scope",
        f"0::/kubepods.slice/kubepods-pod6f0cb0e5.slice/crio-{ID}.scope",
        f"1:name=systemd:/system.slice/containerd.service/kubepods-besteffort-pod1.slice:cri-containerd:{ID}",
        f"11:cpuset:/\n10:memory:/docker/{ID}\n0::/",
        f"0::/docker/{OTHER}/kubelet/kubepods/pod1/{ID}",
    ],
)
def test_the_innermost_container_is_found(line: str) -> None:
    assert container_of(line) == ID
    assert unit_of(line) == ""


@pytest.mark.parametrize(
    "line",
    [
        "",
        "0::/",
        "0::/user.slice/user-0.slice/session-1.scope",
        f"0::/machine.slice/libpod-conmon-{ID}.scope",
        f"0::/kubepods.slice/crio-conmon-{ID}.scope",
        f"0::/docker/{ID[:40]}",
        f"0::/docker/{ID}abc",
        f"no colons {ID}",
    ],
)
def test_what_is_no_container_is_none(line: str) -> None:
    assert container_of(line) is None


def test_a_service_is_the_owner() -> None:
    assert unit_of("1:name=systemd:/system.slice/ollama.service\n0::/system.slice/ollama.service") == "ollama.service"
    assert unit_of("0::/user.slice/user-1000.slice/user@1000.service/app.slice/vllm.service") == "vllm.service"
    assert unit_of("0::/user.slice/user-0.slice/session-1.scope") == ""
