"""Every YAML file of a user's: settings, policy, targets, fingerprints, a kubeconfig."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from livebom.bom.policy import Policy
from livebom.net.target_file import TargetFile
from livebom.recognise.catalog import Catalog
from livebom.recognise.rules import Fingerprint, Shared
from livebom.settings import DataError, Settings, data_path, parse, read
from probes.local.kubeconfig import Kubeconfig

KINDS: tuple[Any, ...] = (Settings, Policy, TargetFile, Fingerprint, Kubeconfig)
SHARED = read(data_path("fingerprints", "shared.yaml"), Shared)


def one_input(data: bytes) -> None:
    kind = KINDS[data[0] % len(KINDS)] if data else Settings
    try:
        value, place = parse(data[1:], kind, "f.yaml")
    except DataError as error:
        assert 0 < len(error.problems) <= 20
        assert len(str(error)) < 40_000
        assert str(error).isprintable() or "\n" in str(error)
        return
    assert place()[0] >= 0
    if isinstance(value, Fingerprint):
        with suppress(ValueError):
            Catalog([value], SHARED)


def seeds() -> Iterator[bytes]:
    yield b"\0" + data_path("config", "livebom.yaml").read_bytes()
    yield b"\1" + data_path("config", "policy.yaml").read_bytes()
    yield b"\2" + data_path("config", "targets.yaml").read_bytes()
    for path in sorted(data_path("fingerprints", "servers").glob("*.yaml")):
        if path.stat().st_size < 30_000:
            yield b"\3" + path.read_bytes()
    yield (
        b"\4apiVersion: v1\ncurrent-context: lab\nclusters:\n- name: lab\n  cluster: {server: 'https://10.0.0.1:6443'}\n"
        b"contexts:\n- name: lab\n  context: {cluster: lab, user: me}\nusers:\n- name: me\n  user: {token: x}\n"
    )
