"""Which API server a kubeconfig, or a pod's own service account, leads to."""

import binascii
from base64 import b64decode
from pathlib import Path
from typing import Any

from msgspec import Struct

from livebom.net.cluster import ClusterError, Door

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token and its cluster's authority."""


class Named(Struct, frozen=True):
    """An entry of one of the kubeconfig's lists."""

    name: str
    cluster: dict[str, Any] = {}
    user: dict[str, Any] = {}
    context: dict[str, Any] = {}


class Kubeconfig(Struct, frozen=True, rename="kebab"):
    """A kubeconfig, as far as it is needed (Kubernetes, client-go: api/v1 Config)."""

    clusters: list[Named] | None = None
    users: list[Named] | None = None
    contexts: list[Named] | None = None
    current_context: str = ""


def door_of(config: Kubeconfig, context: str, folder: Path) -> tuple[str, Door]:
    """The context's name and its door; an empty `context` is the current one, `folder` is that of the file.

    Raises ClusterError for what is missing, cannot be read, or would run a program.
    """
    name = context or config.current_context
    chosen = _named(config.contexts, name, "context").context
    cluster = _named(config.clusters, str(chosen.get("cluster", "")), "cluster").cluster
    user = _named(config.users, chosen["user"], "user").user if chosen.get("user") else {}
    token = _text(user, "token")
    if not token and _text(user, "tokenFile"):
        token = _file(folder / _text(user, "tokenFile"))
    if {"exec", "auth-provider"} & user.keys() and not token:
        raise ClusterError(f"the context {name} gets its credential from a program, which is not run; give a token")
    return name, Door(
        server=_text(cluster, "server"),
        authority=_pem(cluster, "certificate-authority", folder),
        unverified=cluster.get("insecure-skip-tls-verify") is True,
        token=token.strip(),
        certificate=_pem(user, "client-certificate", folder),
        key=_pem(user, "client-key", folder),
        name=_text(cluster, "tls-server-name"),
    )


def in_cluster(host: str, port: str, account: Path = ACCOUNT) -> Door:
    """The door of the cluster that this pod is in; `host` and `port` are KUBERNETES_SERVICE_HOST and _PORT.

    Raises ClusterError where the service account cannot be read.
    """
    place = f"[{host}]" if ":" in host else host
    return Door(
        server=f"https://{place}:{port}", authority=_file(account / "ca.crt"), token=_file(account / "token").strip()
    )


def _named(those: list[Named] | None, name: str, what: str) -> Named:
    found = next((one for one in those or () if one.name == name), None)
    if found is None:
        known = ", ".join(sorted(one.name for one in those or ())) or "none"
        raise ClusterError(f"there is no {what} {name!r} in the kubeconfig; there are {known}")
    return found


def _pem(entry: dict[str, Any], name: str, folder: Path) -> str:
    """What stands in the entry itself, else in the file that it names."""
    data = _text(entry, f"{name}-data")
    if data:
        try:
            return b64decode(data, validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            raise ClusterError(f"{name}-data of the kubeconfig is no PEM in base64") from None
    return _file(folder / _text(entry, name)) if _text(entry, name) else ""


def _text(entry: dict[str, Any], name: str) -> str:
    found = entry.get(name)
    return found if isinstance(found, str) else ""


def _file(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise ClusterError(f"{path} cannot be read") from None
