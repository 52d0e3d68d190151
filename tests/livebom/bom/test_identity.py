"""Ids, alias sets and the keys that keep a workload one part whatever ports it answers on."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.identity import Serving, alias, assign, canonical, model_alias, part_id
from livebom.bom.parts import Alias, PartKind

rows = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")).map(
        lambda pair: alias(PartKind.MODEL, pair[0], pair[1], "test")
    ),
    max_size=8,
)


def test_ids_are_fixed_for_ever() -> None:
    assert part_id(PartKind.SERVER, "default/10.0.0.1/ollama") == UUID("9ce32dc4-5c2b-5204-9273-b2169a6691a4")


@given(rows, st.randoms(use_true_random=False))
def test_the_canonical_part_does_not_depend_on_the_order_of_aliases(found: list[Alias], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert canonical(found) == canonical(shuffled)


@given(rows)
def test_the_canonical_part_is_the_smallest_id_of_its_set(found: list[Alias]) -> None:
    roots = canonical(found)
    assert all(root <= one and roots[root] == root for one, root in roots.items())
    assert all(roots[row.id] == roots[row.same_as] for row in found)


@given(rows)
def test_a_merge_can_be_undone(found: list[Alias]) -> None:
    extra = alias(PartKind.MODEL, "x", "y", "test")
    assert canonical(found) == {
        k: v for k, v in canonical([*found, extra]).items() if k not in {extra.id, extra.same_as}
    }


def _place(port: int, names: set[str] | None = None, version: str | None = "1") -> tuple[str, str, str, int, Serving]:
    return "default", "10.0.0.1", "vllm", port, (version, None if names is None else frozenset(names))


def test_two_ports_that_serve_the_same_are_one_server() -> None:
    owners = assign({"l:8000": _place(8000, {"m"}), "l:8001": _place(8001, {"m"})}, {}, {})
    assert set(owners.values()) == {"default/10.0.0.1/vllm"}


def test_two_ports_that_serve_different_models_are_two_servers() -> None:
    owners = assign({"l:8000": _place(8000, {"m"}), "l:8001": _place(8001, {"n"})}, {}, {})
    assert owners == {"l:8000": "default/10.0.0.1/vllm", "l:8001": "default/10.0.0.1/vllm#8001"}


def test_a_server_keeps_its_key_when_its_models_change_or_its_neighbour_goes() -> None:
    known = {"l:8000": "default/10.0.0.1/vllm", "l:8001": "default/10.0.0.1/vllm#8001"}
    serving: dict[str, Serving] = {
        "default/10.0.0.1/vllm": ("1", frozenset({"m"})),
        "default/10.0.0.1/vllm#8001": ("1", frozenset({"n"})),
    }
    assert assign({"l:8001": _place(8001, {"other"})}, known, serving) == {"l:8001": "default/10.0.0.1/vllm#8001"}


def test_a_known_server_on_a_new_port_is_the_same_server() -> None:
    known = {"l:8000": "default/10.0.0.1/vllm"}
    serving: dict[str, Serving] = {"default/10.0.0.1/vllm": ("1", frozenset({"m"}))}
    now = {"l:9000": _place(9000, {"m"}), "l:8000": _place(8000, {"m"})}
    assert set(assign(now, known, serving).values()) == {"default/10.0.0.1/vllm"}


@given(st.dictionaries(st.integers(1, 9), st.sampled_from([None, "m", "n"]), min_size=1))
def test_assigning_twice_changes_nothing(ports: dict[int, str | None]) -> None:
    places = {f"l:{port}": _place(port, None if name is None else {name}) for port, name in ports.items()}
    owners = assign(places, {}, {})
    serving: dict[str, Serving] = {}
    for key, server in owners.items():
        serving.setdefault(server, places[key][4])
    assert assign(places, owners, serving) == owners


@pytest.mark.parametrize(
    ("product", "name", "path", "expected"),
    [
        ("ollama", "qwen3:8b", None, "ollama:registry.ollama.ai/library/qwen3:8b"),
        ("ollama", "acme/Bot:1", None, "ollama:registry.ollama.ai/acme/bot:1"),
        ("ollama", "hf.co/bartowski/Llama:Q4", None, "hf:bartowski/llama:q4"),
        ("vllm", "chat", "Qwen/Qwen3-8B", "hf:qwen/qwen3-8b"),
        ("vllm", "chat", "/srv/models/x", None),
        ("lmstudio", "qwen", None, None),
    ],
)
def test_a_served_name_joins_its_registry(product: str, name: str, path: str | None, expected: str | None) -> None:
    assert model_alias(product, name, path) == expected
