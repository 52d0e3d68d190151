"""What joins two parts and how surely; what must not; and that a name alone never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.document import Document
from livebom.bom.graph import fold
from livebom.bom.identity import alias, canonical, part_id
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import Alias, EdgeKind, Graph, PartKind, Value
from livebom.bom.place import place_of
from livebom.bom.policy import Distinct
from livebom.bom.rules import METHODS
from livebom.bom.same import bare, joins, without
from tests.livebom.bom.documents import documents
from tests.livebom.bom.graphs import START

E, K = EdgeKind, PartKind
HASH, OTHER = "ab" * 32, "cd" * 32
Said = tuple[PartKind, str, dict[str, Value]]
Led = tuple[PartKind, str, EdgeKind, PartKind, str, dict[str, Value]]


def graph(said: list[Said], led: list[Led] | None = None) -> Graph:
    """A graph in which every part comes from a source of its own."""
    seen = [_seen(number, kind, key, facts) for number, (kind, key, facts) in enumerate(said)]
    for kind, key, edge, to_kind, to, facts in led or []:
        told = {name: Fact(value) for name, value in facts.items()}
        seen.append(_seen(99, kind, key, {}, (EdgeTo(kind=edge, to_kind=to_kind, to=to, facts=told),)))
    return fold(seen)


def _seen(
    source: int, kind: PartKind, key: str, facts: dict[str, Value], edges: tuple[EdgeTo, ...] = ()
) -> Observation:
    return Observation(
        sweep="s", at=START, surface="code", source=f"source-{source}", kind=kind, subject=key, edges=edges,
        facts={name: Fact(value) for name, value in facts.items()},
    )  # fmt: skip


def listening(host: str, port: int, zone: str = "lab", product: str = "vllm", name: str = "") -> tuple[list[Said], Led]:
    """A server that was seen to listen there."""
    server = f"{zone}/{host}/{product}"
    listener = f"{zone}/{host}:{port}" + (f"/{name}" if name else "")
    facts: dict[str, Value] = {"host": host, "port": port, "zone": zone}
    said: list[Said] = [(K.SERVER, server, {"product": product}), (K.LISTENER, listener, facts)]
    if name:
        facts["name"] = name
    return said, (K.SERVER, server, E.LISTENS_ON, K.LISTENER, listener, {})


def found(one: Graph) -> set[tuple[str, frozenset[str]]]:
    """The rows that join something, as method and keys."""
    return {(row.method, frozenset({one.parts[row.id].key, one.parts[row.same_as].key})) for row in joins(one)[0]}


GIT = "0123456789abcdef"
WEIGHED: list[Led] = [
    (K.MODEL, "served:x/tuned", E.HAS_WEIGHTS, K.WEIGHTS, f"sha256:{HASH}", {}),
    (K.MODEL, "hf:a/b", E.HAS_WEIGHTS, K.WEIGHTS, "hf:a/b/model.safetensors", {}),
]
SEEN, HEARD = listening("10.0.0.5", 8000)
NAMED, NAMED_HEARD = listening("10.0.0.5", 443, name="llm.example")
CHAT: Led = (K.SERVER, "lab/10.0.0.5/vllm", E.SERVES, K.MODEL, "hf:a/b", {"name": "chat"})


@pytest.mark.parametrize(
    ("method", "one", "other", "state"),
    [
        (
            "weights-hash",
            f"sha256:{HASH}",
            "m/f",
            graph([(K.WEIGHTS, f"sha256:{HASH}", {}), (K.WEIGHTS, "m/f", {"sha256": HASH})]),
        ),
        (
            "weights-hash",
            "m/f",
            "n/f",
            graph([(K.WEIGHTS, "m/f", {"blake3": HASH}), (K.WEIGHTS, "n/f", {"blake3": HASH.upper()})]),
        ),
        (
            "weights-hash",
            f"sha256:{HASH}",
            "m/f",
            graph([(K.WEIGHTS, f"sha256:{HASH}", {}), (K.WEIGHTS, "m/f", {"file": f"/models/blobs/sha256-{HASH}"})]),
        ),
        (
            "weights-hash",
            "served:x/tuned",
            "hf:a/b",
            graph([(K.WEIGHTS, "hf:a/b/model.safetensors", {"sha256": HASH})], WEIGHED),
        ),
        (
            "repository-commit",
            "hf:a/b",
            "named:x",
            graph(
                [(K.MODEL, "hf:a/b", {"revision": GIT}), (K.MODEL, "named:x", {"purl": f"pkg:huggingface/A/b@{GIT}"})]
            ),
        ),
        (
            "repository-commit",
            f"hf:a/b@{GIT}",
            f"named:x@{GIT}",
            graph(
                [
                    (K.MODEL_VERSION, f"hf:a/b@{GIT}", {}),
                    (K.MODEL_VERSION, f"named:x@{GIT}", {}),
                    (K.MODEL, "named:x", {"purl": "pkg:huggingface/a/b"}),
                ]
            ),
        ),
        (
            "url",
            "http://10.0.0.5:8000/v1",
            "lab/10.0.0.5/vllm",
            graph([*SEEN, (K.SERVER, "http://10.0.0.5:8000/v1", {})], [HEARD]),
        ),
        (
            "url",
            "https://LLM.example/v1/",
            "lab/10.0.0.5/vllm",
            graph([*NAMED, (K.SERVER, "https://LLM.example/v1/", {})], [NAMED_HEARD]),
        ),
        (
            "url",
            "https://m.example:443/mcp",
            "https://M.example./mcp/",
            graph([(K.MCP_SERVER, "https://m.example:443/mcp", {}), (K.MCP_SERVER, "https://M.example./mcp/", {})]),
        ),
        (
            "image-digest",
            f"sha256:{HASH}",
            "vllm:latest",
            graph([(K.IMAGE, f"sha256:{HASH}", {}), (K.IMAGE, "vllm:latest", {"digest": f"sha256:{HASH}"})]),
        ),
        (
            "hugging-face-id",
            "hf:a/b",
            "named:a/b",
            graph([(K.MODEL, "hf:a/b", {}), (K.MODEL, "named:a/b", {"name": "A/b"})]),
        ),
        (
            "hugging-face-id",
            "hf:a/b",
            "served:lab/10.0.0.5/vllm/chat",
            graph(
                [*SEEN, (K.MODEL, "hf:a/b", {})],
                [
                    (
                        K.SERVER,
                        "lab/10.0.0.5/vllm",
                        E.SERVES,
                        K.MODEL,
                        "served:lab/10.0.0.5/vllm/chat",
                        {"name": "chat", "path": "A/b"},
                    )
                ],
            ),
        ),
        (
            "hugging-face-id",
            "hf:a/b",
            "served:s/chat",
            graph(
                [(K.MODEL, "hf:a/b", {})],
                [(K.SERVER, "s", E.SERVES, K.MODEL, "served:s/chat", {"path": "/cache/models--A--b/snapshots/x"})],
            ),
        ),
        (
            "served-name",
            "hf:a/b",
            "served:lab/10.0.0.5/vllm/chat",
            graph([*SEEN, (K.MODEL, "served:lab/10.0.0.5/vllm/chat", {})], [CHAT]),
        ),
        (
            "served-name",
            "hf:a/b",
            "served:http://10.0.0.5:8000/chat",
            graph(
                [*SEEN, (K.SERVER, "http://10.0.0.5:8000", {}), (K.MODEL, "served:http://10.0.0.5:8000/chat", {})],
                [HEARD, CHAT],
            ),
        ),
    ],
)
def test_a_rule_joins(method: str, one: str, other: str, state: Graph) -> None:
    assert (method, frozenset({one, other})) in found(state)
    [row] = [row for row in joins(state)[0] if {state.parts[row.id].key, row.key} == {one, other}]
    assert (row.confidence, row.source) == (METHODS[method], "livebom")


DMZ, DMZ_HEARD = listening("10.0.0.5", 8000, zone="dmz")
LOCAL, LOCAL_HEARD = listening("127.0.0.1", 8000)
BESIDE, BESIDE_HEARD = listening("10.0.0.5", 8000, product="nginx")


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(
            graph(
                [
                    (K.MODEL, "hf:a/llama-3.1-8b", {"name": "x"}),
                    (K.MODEL, "named:llama-3.1-8b", {"name": "llama-3.1-8b"}),
                ]
            ),
            id="a name",
        ),
        pytest.param(
            graph([*SEEN, *DMZ, (K.SERVER, "http://10.0.0.5:8000", {})], [HEARD, DMZ_HEARD]),
            id="an address of two zones",
        ),
        pytest.param(
            graph([*SEEN, (K.SERVER, "http://10.0.0.5:8000", {"zone": "dmz"})], [HEARD]),
            id="an address of another zone",
        ),
        pytest.param(
            graph(
                [*LOCAL, (K.SERVER, "http://localhost:8000", {}), (K.SERVER, "http://127.0.0.1:8000", {})],
                [LOCAL_HEARD],
            ),
            id="loopback",
        ),
        pytest.param(
            graph([*SEEN, *BESIDE, (K.SERVER, "http://10.0.0.5:8000", {})], [HEARD, BESIDE_HEARD]),
            id="two servers at one port",
        ),
        pytest.param(graph([*SEEN, (K.SERVER, "http://10.0.0.5:8000/other", {})], [HEARD]), id="another path"),
        pytest.param(
            graph([(K.WEIGHTS, "m/f", {"sha256": "abc"}), (K.WEIGHTS, "n/f", {"sha256": "abc"})]), id="half a hash"
        ),
        pytest.param(
            graph([(K.WEIGHTS, f"sha256:{HASH}", {"sha256": OTHER}), (K.WEIGHTS, f"sha256:{OTHER}", {})]),
            id="two digests",
        ),
        pytest.param(
            graph(
                [
                    (K.IMAGE, f"sha256:{HASH}", {}),
                    (K.IMAGE, "v:1", {"digest": HASH}),
                    (K.IMAGE, "v:1", {"digest": OTHER}),
                ]
            ),
            id="a digest in dispute",
        ),
        pytest.param(
            graph([(K.MODEL, "hf:a/b", {"purl": "pkg:huggingface/c/d"}), (K.MODEL, "hf:c/d", {})]),
            id="two repositories",
        ),
        pytest.param(graph([(K.MODEL, "hf:a/b", {}), (K.ADAPTER, "named:a/b", {"name": "a/b"})]), id="two kinds"),
        pytest.param(
            graph([(K.MODEL, "named:s/a", {"name": "a/b"}), (K.MODEL, "named:t/a", {"name": "a/b"})]),
            id="no repository",
        ),
        pytest.param(
            graph(
                [(K.MODEL, "hf:a/b", {}), (K.MODEL, "served:s/lora", {"base": "a/b"})],
                [(K.SERVER, "s", E.SERVES, K.MODEL, "served:s/lora", {"name": "a/b"})],
            ),
            id="the base of a tuned one",
        ),
        pytest.param(
            graph(
                [(K.MODEL, "openai:gpt-4o", {"name": "gpt-4o"}), (K.MODEL, "openai:gpt-4o-2024-08-06", {})],
                [(K.MODEL, "openai:gpt-4o", E.ALIAS_OF, K.MODEL, "openai:gpt-4o-2024-08-06", {})],
            ),
            id="a moving name",
        ),
        pytest.param(
            graph(
                [],
                [
                    (K.MODEL, "hf:a/b", E.HAS_WEIGHTS, K.WEIGHTS, f"sha256:{HASH}", {}),
                    (K.MODEL, "hf:c/d", E.HAS_WEIGHTS, K.WEIGHTS, f"sha256:{HASH}", {}),
                ],
            ),
            id="the same files in two repositories",
        ),
    ],
)
def test_no_rule_joins(state: Graph) -> None:
    assert found(state) == set()


def test_rules_do_not_join_in_two_steps_what_they_do_not_in_one() -> None:
    served: list[Led] = [
        (K.SERVER, "s", E.SERVES, K.MODEL, key, {"name": "chat"}) for key in ("served:s/chat", "hf:a/b", "hf:c/d")
    ]
    assert found(graph([], served)) == set()
    path: Led = (K.SERVER, "s", E.SERVES, K.MODEL, "served:s/chat", {"path": "models--a--b"})
    assert found(graph([], [path, *served[2:]])) == {("served-name", frozenset({"served:s/chat", "hf:c/d"}))}
    both = graph([(K.MODEL, "hf:a/b", {})], [path, *served[2:]])
    assert found(both) == {("hugging-face-id", frozenset({"served:s/chat", "hf:a/b"}))}


LIKE: list[Said] = [
    (K.MODEL, "ollama:registry.ollama.ai/library/llama3.1:8b", {"name": "llama3.1:8b"}),
    (K.MODEL, "hf:meta-llama/llama-3.1-8b-instruct", {"name": "Llama-3.1-8B-Instruct"}),
    (K.MODEL, "hf:meta-llama/llama-3.1-70b-instruct", {"name": "Llama-3.1-70B-Instruct"}),
    (K.DATASET, "hf-ds:x/llama-3.1-8b", {"name": "llama-3.1-8b"}),
]


def test_like_names_are_told_with_a_score_and_not_joined() -> None:
    state = graph(LIKE)
    rows, [edge] = joins(state)
    assert rows == ()
    assert {state.parts[edge.source].key, state.parts[edge.destination].key} == {LIKE[0][1], LIKE[1][1]}
    assert [claim.value for claim in edge.attributes["score"]] == [0.91]


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(graph(LIKE[:2], [(K.MODEL, LIKE[1][1], E.DERIVED_FROM, K.MODEL, LIKE[0][1], {})]), id="related"),
        pytest.param(fold([_seen(1, *one) for one in LIKE]), id="one source"),
        pytest.param(graph([(K.AGENT, f"r:{n}", {"name": "Assistant"}) for n in range(9)]), id="everybody's name"),
        pytest.param(graph([(K.MODEL, "a", {"name": "7b"}), (K.MODEL, "b", {"name": "7b"})]), id="no word"),
    ],
)
def test_what_is_no_candidate(state: Graph) -> None:
    assert joins(state) == ((), ())


def test_what_is_said_to_be_distinct_is_neither_joined_nor_a_candidate() -> None:
    assert joins(graph(LIKE), [Distinct(one=LIKE[0][1], other=LIKE[1][1])]) == ((), ())
    state = graph([(K.MODEL, "hf:a/b", {}), (K.MODEL, "named:a/b", {"name": "a/b"})])
    assert joins(state, [Distinct(one="named:a/b", other="hf:a/b")])[0] == ()


rows = st.lists(
    st.builds(
        lambda one, other, sure: Alias(
            id=part_id(K.MODEL, one),
            same_as=part_id(K.MODEL, other),
            kind=K.MODEL,
            key=other,
            source="x",
            confidence=sure,
        ),
        st.sampled_from("abcde"),
        st.sampled_from("abcde"),
        st.sampled_from([0.6, 1.0]),
    ),
    max_size=8,
)
pairs = st.lists(
    st.builds(lambda one: Distinct(one=one[0], other=one[1]), st.sampled_from(["ab", "cd", "ae"])), max_size=3
)


@given(rows, pairs)
def test_distinct_things_are_apart_and_as_few_rows_as_need_be_are_gone(
    its: list[Alias], distinct: list[Distinct]
) -> None:
    kept = without(its, distinct)
    roots = canonical(kept)
    for pair in distinct:
        one, other = part_id(K.MODEL, pair.one), part_id(K.MODEL, pair.other)
        assert roots.get(one, one) != roots.get(other, other)
    assert kept == without(reversed(its), distinct) == without(kept, distinct)
    for row in set(its) - kept:
        assert without([*kept, row], distinct) != kept | {row}


def test_the_surer_of_two_rows_is_kept() -> None:
    weak = Alias(
        id=part_id(K.MODEL, "a"), same_as=part_id(K.MODEL, "b"), kind=K.MODEL, key="b", source="x", confidence=0.6
    )
    strong = alias(K.MODEL, "b", "c", "x")
    assert without([weak, strong], [Distinct(one="a", other="c")]) == {strong}


@given(documents)
def test_joins_do_not_see_their_own_work(one: Document) -> None:
    state = one.graph
    found_rows, edges = joins(state)
    again = Graph(
        parts=state.parts,
        edges={**{edge.id: edge for edge in edges}, **state.edges},
        aliases=state.aliases | set(found_rows),
    )
    assert joins(again) == (found_rows, edges)
    assert bare(again) == state


@given(st.text(max_size=40) | st.sampled_from(["http://[", "http://a:b", "http://h:99999", "//h:1", "http://h"]))
def test_whatever_stands_for_a_url_is_read_or_not(url: str) -> None:
    place = place_of(url)
    assert place is None or (place.host and 0 < place.port < 65536)
