"""What a look with a key adds to the look without, and what it never changes."""

from msgspec.structs import replace

from livebom.bom.service import Auth, ServedModel
from probes.inspect import Seen
from probes.keyed import joined, wants_key
from tests.playback import Playback, converse

VLLM = "vllm-0.32.0-cpu-apikey"


def looks() -> tuple[Seen, Seen]:
    """The same server to a stranger and to who holds the key; marked as the sweep's own second look would be."""
    stranger, keyed = converse(Playback(VLLM), 8000), converse(Playback(f"{VLLM}+auth"), 8000)
    return stranger, keyed


def changed(seen: Seen, **facts: object) -> Seen:
    return replace(seen, service=replace(seen.service, **facts))


def test_only_who_is_turned_away_wants_a_key() -> None:
    stranger, keyed = looks()
    assert wants_key(stranger)
    assert wants_key(changed(stranger, auth=Auth.REQUIRED))
    assert not wants_key(changed(keyed, auth=Auth.NONE))
    assert not wants_key(converse(Playback("decoy-nginx-1.22-static"), 8000))


def test_what_a_stranger_saw_stands_and_both_conversations_are_told() -> None:
    stranger, keyed = looks()
    both = joined(stranger, keyed)
    for same in ("product", "auth", "findings", "version", "version_source", "score", "conflict", "at"):
        assert getattr(both.service, same) == getattr(stranger.service, same)
    assert both.service.models == keyed.service.models
    assert both.said == stranger.said + keyed.said
    assert both.service.proof == stranger.service.proof + keyed.service.proof
    assert both.content.keys() == stranger.content.keys() | keyed.content.keys()
    assert both.service.requests == len(both.said)
    assert both.standings == stranger.standings


def test_gaps_are_filled_and_nothing_known_is_replaced() -> None:
    stranger, keyed = looks()
    known = (ServedModel(name="a", family="mine"), ServedModel(name="b"))
    told = (ServedModel(name="c"), ServedModel(name="a", family="theirs", format="gguf", loaded=False))
    both = joined(changed(stranger, models=known, version="1"), changed(keyed, models=told, version="2"))
    assert both.service.models == (
        ServedModel(name="a", family="mine", format="gguf", loaded=False),
        ServedModel(name="b"),
        ServedModel(name="c"),
    )
    assert both.service.version == "1"
    assert joined(changed(stranger, models=known), changed(keyed, models=None)).service.models == known


def test_a_look_that_adds_nothing_leaves_no_mark() -> None:
    stranger, keyed = looks()
    both = joined(stranger, changed(keyed, models=None))
    assert both.service.stack == stranger.service.stack


def test_another_product_behind_the_key_is_not_believed() -> None:
    stranger, keyed = looks()
    other = joined(stranger, changed(keyed, product="sglang"))
    torn = joined(changed(stranger, product=None, conflict=("a", "b")), keyed)
    assert (other.service.product, other.service.models) == ("vllm", None)
    assert (torn.service.product, torn.service.models) == (None, None)


def test_who_tells_a_stranger_nothing_is_named_by_the_key() -> None:
    stranger, keyed = looks()
    nameless = changed(stranger, product=None, stack=(), score=0.0, auth=Auth.UNKNOWN, version=None, findings=())
    both = joined(nameless, keyed)
    assert (both.service.product, both.service.version, both.service.auth) == ("vllm", "0.32.0", Auth.REQUIRED)
    assert both.service.findings == ()
    assert all("with key" in said for layer in both.service.stack for said in layer.evidence)
    assert both.standings == keyed.standings
