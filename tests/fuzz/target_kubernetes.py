"""What a Kubernetes API tells: pages of pods, services, ingresses and models, and what is watched."""

from collections.abc import Iterator
from functools import partial

import msgspec

from livebom.bom.redact import redact
from livebom.net.cluster import ClusterError
from probes.local.kubernetes import _decoded
from probes.local.pods import Things, workloads
from tests.fuzz.made import encoded
from tests.fuzz.targets import joined, parts
from tests.probes.local.shapes import graph_of, told
from tests.probes.local.test_kubernetes import everything

JSON_AFTER = 0
KINDS = ("pods", "services", "ingresses", "inference")
SECRET = "hf_" + "Ab1" * 12
REDACT = partial(redact, key=b"k")


def one_input(data: bytes) -> None:
    found = {}
    for kind, page in zip(KINDS, parts(data, 4), strict=False):
        try:
            found[kind] = tuple(_decoded(page).items or ())
        except ClusterError:
            return
    made = tuple(workloads(Things(**found), "lab", frozenset({"MODEL"}), REDACT))
    assert SECRET not in repr([(one.argv, one.env) for one in made])
    assert all(0 < at.port < 65536 and 0 < at.inner < 65536 for one in made for at in one.published)
    msgspec.json.encode(made)
    graph_of(told(*made[:4]))


def seeds() -> Iterator[bytes]:
    whole = list(everything().values())
    pages = [encoded({"metadata": {"resourceVersion": "1", "continue": ""}, "items": items}) for items in whole]
    pages[0] = pages[0].replace(b"secret-of-mine", SECRET.encode())
    yield joined(pages)
    yield pages[0]
