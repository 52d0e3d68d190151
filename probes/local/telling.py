"""What containers, images and processes are in the words of the graph."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct, structs

from livebom.bom.observation import EdgeTo, Evidence, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind
from probes.local.here import Here
from probes.local.workload import Image, Workload

SURFACE = "runtime"
_MOST = 64
"""Items of a list that are told."""
_LONGEST = 4096
"""Characters of a text that are told."""


class Teller(Struct, frozen=True, kw_only=True):
    """Which look this is."""

    sweep: str
    at: datetime
    here: Here

    def say(
        self,
        source: str,
        kind: PartKind,
        subject: str,
        facts: Mapping[str, Fact],
        *,
        edges: Iterable[EdgeTo] = (),
        aliases: Iterable[str] = (),
        evidence: Iterable[str] = (),
    ) -> Observation:
        """One statement; facts that hold nothing are left out."""
        return Observation(
            sweep=self.sweep,
            at=self.at,
            surface=SURFACE,
            source=source,
            kind=kind,
            subject=subject,
            aliases=tuple(dict.fromkeys(aliases)),
            facts={name: _plain(fact) for name, fact in facts.items() if fact.value not in (None, "", [])},
            edges=tuple(edges),
            evidence=tuple(Evidence(what=_text(line)) for line in dict.fromkeys(evidence)),
        )


def _plain(fact: Fact) -> Fact:
    """The fact with texts of bearable length that UTF-8 can hold."""
    said = fact.value
    if isinstance(said, str):
        return structs.replace(fact, value=_text(said), evidence=_text(fact.evidence))
    if isinstance(said, list):
        return structs.replace(fact, value=[_text(one) for one in said], evidence=_text(fact.evidence))
    return fact


def _text(said: str) -> str:
    return said[:_LONGEST].encode("utf-8", "replace").decode()


def to(kind: EdgeKind, part: PartKind, key: str, **facts: Fact) -> EdgeTo:
    """An edge to another part."""
    return EdgeTo(kind=kind, to_kind=part, to=key, facts=facts)


def image_key(image: Image) -> str:
    """Its digest where that is known, else its reference."""
    return image.digest.lower() if image.digest.startswith("sha256:") else image.reference.lower()


def tag_of(reference: str) -> str:
    """The tag of a reference, `latest` where none is named and no digest either."""
    name = reference.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2] or ("" if "@" in reference else "latest")


def container(teller: Teller, one: Workload, key: str, listeners: Iterable[str]) -> list[Observation]:
    """A container, its image and the places of its secrets, as one source tells."""
    image = one.image
    facts = {
        "name": Fact(one.name),
        "owner": Fact(one.owner),
        "labels": Fact([f"{name}={text}" for name, text in sorted(one.labels.items())][:_MOST]),
        "image": Fact(image.reference if image else None),
        "image_digest": Fact(image.digest if image else None),
        "runtime": Fact(one.runtime),
        "state": Fact(one.state, Confidence.VERIFIED),
        "namespace": Fact(one.namespace),
        "argv": Fact(list(one.argv)[:_MOST]),
        "user": Fact(one.user),
        "network": Fact(one.network),
        "privileged": Fact(one.privileged),
        "published": Fact([f"{port.host}:{port.port}->{port.inner}" for port in one.published][:_MOST]),
        "mounts": Fact([f"{m.source}:{m.destination}:{'rw' if m.writable else 'ro'}" for m in one.mounts][:_MOST]),
        "capabilities": Fact(list(one.capabilities)[:_MOST]),
        "restart": Fact(one.restart),
        "gpus": Fact(list(one.gpus)[:_MOST]),
    }
    edges = [to(EdgeKind.LISTENS_ON, PartKind.LISTENER, listener) for listener in listeners]
    if one.source != "kubernetes":
        edges.append(to(EdgeKind.RUNS_ON, PartKind.HOST, teller.here.key))
    told = [teller.say(one.source, PartKind.CONTAINER, key, facts, edges=[*edges, *_keyed_by(one, key)])]
    if image and image_key(image):
        told.append(_image(teller, one, image, key))
    return [*told, *_secrets(teller, one, key)]


def process(teller: Teller, one: Workload, home: str, children: Iterable[Workload]) -> list[Observation]:
    """A process; `home` is the key of its container, empty on the host itself."""
    key = process_key(teller.here, one)
    facts = {"name": Fact(one.name), "argv": Fact(list(one.argv)[:_MOST]), "exe": Fact(one.exe), "user": Fact(one.user)}
    where = (PartKind.CONTAINER, home) if home else (PartKind.HOST, teller.here.key)
    edges = [to(EdgeKind.RUNS_ON, *where), *_keyed_by(one, key)]
    edges += [to(EdgeKind.CONTAINS, PartKind.PROCESS, process_key(teller.here, child)) for child in children]
    return [teller.say(one.source, PartKind.PROCESS, key, facts, edges=edges), *_secrets(teller, one, key)]


def process_key(here: Here, one: Workload) -> str:
    """`<host key>/<pid>@<start time>`."""
    return f"{here.key}/{one.id}"


def _image(teller: Teller, one: Workload, image: Image, key: str) -> Observation:
    facts = {
        "reference": Fact(image.reference),
        "digest": Fact(image.digest),
        "tag": Fact(tag_of(image.reference)),
        "pinned": Fact(image.pinned),
    }
    deployed = to(EdgeKind.DEPLOYED_AS, PartKind.CONTAINER, key)
    return teller.say(one.source, PartKind.IMAGE, image_key(image), facts, edges=[deployed])


def _keyed_by(one: Workload, key: str) -> list[EdgeTo]:
    places = dict.fromkeys(place for place, _ in one.secrets)
    return [to(EdgeKind.AUTHENTICATES_WITH, PartKind.SECRET_REFERENCE, f"{key}:{_path(place)}") for place in places]


def _secrets(teller: Teller, one: Workload, key: str) -> list[Observation]:
    """Where a secret stands and of what kind it is, never the secret."""
    return [
        teller.say(
            one.source,
            PartKind.SECRET_REFERENCE,
            f"{key}:{_path(place)}",
            {"name": Fact(_path(place).partition(":")[2]), "type": Fact(kind), "where": Fact(f"{key} {place}")},
        )
        for place, kind in dict(one.secrets).items()
    ]


def _path(place: str) -> str:
    """`env:HF_TOKEN` as it is, `argv[3]` as `argv:3`."""
    return place.replace("[", ":").rstrip("]")
