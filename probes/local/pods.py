"""From the objects of Kubernetes to workloads: each container of each pod, with the services that lead to it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from msgspec import Struct, field

from probes.local.hiding import clean
from probes.local.workload import Image, Mount, Published, Workload


class Meta(Struct, frozen=True, rename="camel"):
    """What every object has."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None
    owner_references: list[dict[str, Any]] | None = None


class Thing(Struct, frozen=True):
    """An object as the API tells it; what is read of the rest is looked at with care."""

    metadata: Meta = field(default_factory=Meta)
    spec: dict[str, Any] = {}
    status: dict[str, Any] = {}


class Things(Struct, frozen=True, kw_only=True):
    """The objects of a cluster that matter here."""

    pods: tuple[Thing, ...] = ()
    services: tuple[Thing, ...] = ()
    ingresses: tuple[Thing, ...] = ()
    inference: tuple[Thing, ...] = ()
    """KServe's InferenceServices."""


def workloads(things: Things, cluster: str, keep: frozenset[str], redact: Callable[[str], str]) -> Iterator[Workload]:
    """Every container of every pod that has not ended."""
    stores = {(one.metadata.namespace, one.metadata.name): one for one in things.inference}
    for pod in things.pods:
        if pod.status.get("phase") in ("Succeeded", "Failed"):  # it may be anything, hashable or not
            continue
        services = [one for one in things.services if _selects(one, pod)]
        doors = [one for one in things.ingresses if _leads(one, pod, services)]
        labels = {**(pod.metadata.labels or {}), **_labels(pod, services, doors, stores)}
        for spec in _items(pod.spec, "containers"):
            yield _workload(pod, spec, services, labels, cluster, keep, redact)


def _workload(
    pod: Thing,
    spec: Mapping[str, Any],
    services: Iterable[Thing],
    labels: dict[str, str],
    cluster: str,
    keep: frozenset[str],
    redact: Callable[[str], str],
) -> Workload:
    name = _text(spec, "name")
    status = next((one for one in _items(pod.status, "containerStatuses") if one.get("name") == name), {})
    runtime, _, id_ = _text(status, "containerID").partition("://")
    security = {**_map(pod.spec, "securityContext"), **_map(spec, "securityContext")}
    pairs = [f"{_text(one, 'name')}={_text(one, 'value')}" for one in _items(spec, "env")]
    cleaned = clean((*_words(spec, "command"), *_words(spec, "args")), pairs, keep, redact)
    user = security.get("runAsUser")
    return Workload(
        source="kubernetes",
        id=id_ or f"{cluster}/{pod.metadata.namespace}/{pod.metadata.uid}/{name}",
        runtime=runtime if id_ else "k8s",
        name=f"{pod.metadata.name}/{name}",
        state=next(iter(_map(status, "state")), "unknown"),
        namespace=pod.metadata.namespace,
        image=_image(spec, status),
        argv=cleaned.argv,
        env=cleaned.env,
        env_names=cleaned.env_names,
        secrets=cleaned.secrets,
        user=str(user) if isinstance(user, int) else "",
        addresses={"pod": _text(pod.status, "podIP")} if _text(pod.status, "podIP") else {},
        published=tuple(_published(pod, spec, services)),
        network="host" if pod.spec.get("hostNetwork") is True else "pod",
        privileged=security.get("privileged") is True,
        capabilities=tuple(_words(_map(security, "capabilities"), "add")),
        mounts=tuple(_mounts(pod, spec)),
        restart=_text(pod.spec, "restartPolicy"),
        labels=labels,
        owner=_owner(pod),
        gpus=tuple(_gpus(spec)),
    )


def _image(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Image | None:
    reference = _text(spec, "image") or _text(status, "image")
    _, mark, digest = _text(status, "imageID").rpartition("sha256:")
    found = f"sha256:{digest}" if mark else ""
    return Image(reference=reference, digest=found, pinned="@sha256:" in reference) if reference else None


def _published(pod: Thing, spec: Mapping[str, Any], services: Iterable[Thing]) -> Iterator[Published]:
    """Ports of the node, and those of the services that lead to the container."""
    ports = {_text(one, "name"): one.get("containerPort") for one in _items(spec, "ports")}
    node = _text(pod.status, "hostIP")
    for one in _items(spec, "ports"):
        inner, outer = one.get("containerPort"), one.get("hostPort")
        if _is_port(inner) and _is_port(outer):
            yield Published(host=_text(one, "hostIP") or node, port=outer, inner=inner)
    for service in services:
        balanced = [_text(one, "ip") for one in _items(_map(service.status, "loadBalancer"), "ingress")]
        address = _text(service.spec, "clusterIP")
        for one in _items(service.spec, "ports"):
            target = one.get("targetPort", one.get("port"))
            inner = ports.get(target) if isinstance(target, str) else target
            if not _is_port(inner) or one.get("protocol", "TCP") != "TCP" or inner not in ports.values():
                continue
            places = [(where, one.get("port")) for where in (address, *balanced) if where not in {"", "None"}]
            places += [(node, one.get("nodePort"))] if node else []
            yield from (Published(host=host, port=port, inner=inner) for host, port in places if _is_port(port))


def _is_port(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536


def _mounts(pod: Thing, spec: Mapping[str, Any]) -> Iterator[Mount]:
    volumes = {_text(one, "name"): one for one in _items(pod.spec, "volumes")}
    for one in _items(spec, "volumeMounts"):
        volume = volumes.get(_text(one, "name"), {})
        path = _text(_map(volume, "hostPath"), "path")
        claim = _text(_map(volume, "persistentVolumeClaim"), "claimName")
        kind = next((name for name in volume if name != "name"), "volume")
        source = path or (f"pvc:{claim}" if claim else f"{kind}:{_text(one, 'name')}")
        fixed = kind in {"secret", "configMap", "projected", "downwardAPI"}
        yield Mount(source=source, destination=_text(one, "mountPath"), writable=not (one.get("readOnly") or fixed))


def _gpus(spec: Mapping[str, Any]) -> Iterator[str]:
    for name, count in sorted(_map(_map(spec, "resources"), "limits").items()):
        if "gpu" in name.lower() or name.startswith(("nvidia.com/mig-", "habana.ai/", "google.com/tpu")):
            yield f"{name}={count}"


def _owner(pod: Thing) -> str:
    """The controller; a ReplicaSet that a Deployment made is that Deployment's."""
    owner = next((one for one in pod.metadata.owner_references or () if one.get("controller") is True), None)
    if owner is None:
        return f"Pod/{pod.metadata.name}"
    kind, name = _text(owner, "kind"), _text(owner, "name")
    stamp = (pod.metadata.labels or {}).get("pod-template-hash", "")
    if kind == "ReplicaSet" and stamp and name.endswith(f"-{stamp}"):
        return f"Deployment/{name.removesuffix(f'-{stamp}')}"
    return f"{kind}/{name}"


def _selects(service: Thing, pod: Thing) -> bool:
    wanted = _map(service.spec, "selector")
    labels = pod.metadata.labels or {}
    same = service.metadata.namespace == pod.metadata.namespace
    return bool(wanted) and same and all(labels.get(name) == value for name, value in wanted.items())


def _leads(ingress: Thing, pod: Thing, services: Iterable[Thing]) -> bool:
    names = {one.metadata.name for one in services}
    return ingress.metadata.namespace == pod.metadata.namespace and bool(names & {name for _, name in _rules(ingress)})


def _rules(ingress: Thing) -> Iterator[tuple[str, str]]:
    """Host with path, and the service behind it."""
    for rule in _items(ingress.spec, "rules"):
        for path in _items(_map(rule, "http"), "paths"):
            yield f"{_text(rule, 'host')}{_text(path, 'path')}", _text(_map(_map(path, "backend"), "service"), "name")


def _labels(
    pod: Thing, services: Iterable[Thing], doors: Iterable[Thing], stores: Mapping[tuple[str, str], Thing]
) -> dict[str, str]:
    """What leads to the pod and what it serves, in the words of labels."""
    names = {one.metadata.name for one in services}
    told = {f"service/{name}": f"{name}.{pod.metadata.namespace}.svc" for name in names}
    told |= {f"ingress/{one.metadata.name}": place for one in doors for place, name in _rules(one) if name in names}
    called = (pod.metadata.labels or {}).get("serving.kserve.io/inferenceservice", "")
    store = stores.get((pod.metadata.namespace, called))
    if store:
        model = _map(_map(store.spec, "predictor"), "model")
        told["inferenceservice"] = called
        told |= {
            f"inferenceservice/{name}": _text(model, name) for name in ("storageUri", "runtime") if model.get(name)
        }
    return told


def _items(entry: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = entry.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _map(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = entry.get(name)
    return found if isinstance(found, dict) else {}


def _text(entry: Mapping[str, Any], name: str) -> str:
    found = entry.get(name)
    return found if isinstance(found, str) else ""


def _words(entry: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = entry.get(name)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()
