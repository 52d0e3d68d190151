"""Hypothesis strategies for documents whose parts are often one thing under several names."""

from datetime import timedelta

import msgspec
from hypothesis import strategies as st

from livebom.bom.document import Document, Look, document
from livebom.bom.graph import fold
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind, Value
from tests.livebom.bom.graphs import START

E, K = EdgeKind, PartKind
HASH = "ab" * 32

_said: list[tuple[PartKind, str, dict[str, Value], list[tuple[EdgeKind, PartKind, str]]]] = [
    (K.LISTENER, "lab/10.0.0.5:8000", {"host": "10.0.0.5", "port": 8000, "zone": "lab"}, []),
    (K.LISTENER, "dmz/10.0.0.5:8000", {"host": "10.0.0.5", "port": 8000, "zone": "dmz"}, []),
    (
        K.SERVER,
        "lab/10.0.0.5/vllm",
        {"product": "vllm"},
        [(E.LISTENS_ON, K.LISTENER, "lab/10.0.0.5:8000"), (E.SERVES, K.MODEL, "served:lab/10.0.0.5/vllm/chat")],
    ),
    (K.SERVER, "dmz/10.0.0.5/vllm", {"product": "vllm"}, [(E.LISTENS_ON, K.LISTENER, "dmz/10.0.0.5:8000")]),
    (K.SERVER, "http://10.0.0.5:8000/v1", {"name": "llm"}, []),
    (K.SERVER, "http://10.0.0.5:8000", {"name": "llm", "zone": "lab"}, []),
    (K.MODEL, "served:lab/10.0.0.5/vllm/chat", {"name": "acme/bot"}, [(E.HAS_WEIGHTS, K.WEIGHTS, f"sha256:{HASH}")]),
    (K.MODEL, "served:http://10.0.0.5:8000/chat", {}, []),
    (K.MODEL, "hf:acme/bot", {"name": "Bot-7B", "revision": "0123abc"}, [(E.HAS_WEIGHTS, K.WEIGHTS, "hf:acme/bot/m")]),
    (K.MODEL, "named:acme/bot", {"name": "acme/bot", "purl": "pkg:huggingface/Acme/Bot@0123ABC"}, []),
    (K.MODEL, "hf:other/bot", {"name": "bot-7b-GGUF"}, [(E.HAS_WEIGHTS, K.WEIGHTS, "hf:acme/bot/m")]),
    (K.WEIGHTS, "hf:acme/bot/m", {"file": f"blobs/sha256-{HASH}"}, []),
    (K.WEIGHTS, f"sha256:{HASH}", {"bytes": 1.0}, []),
    (K.IMAGE, "vllm/vllm-openai:latest", {"digest": f"sha256:{HASH}"}, []),
    (K.IMAGE, f"sha256:{HASH}", {}, []),
]


def _observation(said: int, surface: str, hour: int, confidence: Confidence) -> Observation:
    kind, key, facts, edges = _said[said]
    return Observation(
        sweep=surface,
        at=START + timedelta(hours=hour),
        surface=surface,
        source=f"{surface}-tool",
        kind=kind,
        subject=key,
        facts={name: Fact(value, confidence) for name, value in facts.items()},
        edges=tuple(EdgeTo(kind=edge, to_kind=to_kind, to=to) for edge, to_kind, to in edges),
        aliases=("hf:acme/bot",) if said == 6 and hour == 0 else (),
    )


def _document(seen: list[Observation]) -> Document:
    looks = [
        Look(at=one.at, id=one.sweep, surface=one.surface, source=one.source, not_seen=(one.subject,)) for one in seen
    ]
    graph = fold(seen)
    return document(graph, looks, seen, settled=True, missed=dict.fromkeys(graph.parts, 1))


observations = st.builds(
    _observation,
    st.integers(0, len(_said) - 1),
    st.sampled_from(["runtime", "code", "import"]),
    st.integers(0, 2),
    st.sampled_from([Confidence.DECLARED, Confidence.INFERRED]),
)
documents: st.SearchStrategy[Document] = st.lists(observations, max_size=8).map(_document)


def everything() -> Document:
    """All of it at once, each said by its surface."""
    return _document([_observation(number, "runtime" if number < 4 else "code", 1, Confidence.DECLARED)
                      for number in range(len(_said))])  # fmt: skip


def written(one: Document) -> bytes:
    """The bytes that a document is, whatever the order of its dictionaries."""
    return msgspec.json.encode(msgspec.to_builtins(one, str_keys=True, order="deterministic"))
