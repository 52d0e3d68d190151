"""Hypothesis strategies for graphs: few keys, so that parts, claims and aliases collide often."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from livebom.bom.graph import fold
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, Graph, PartKind

START = datetime(2026, 1, 1, tzinfo=UTC)

keys = st.sampled_from(["a", "b", "c", "d"])
times = st.integers(0, 5).map(lambda n: START + timedelta(hours=n))
kinds = st.sampled_from([PartKind.SERVER, PartKind.MODEL])
values = st.sampled_from([1, True, "1", None, 1.5, "x"])
facts = st.dictionaries(
    st.sampled_from(["version", "auth"]), st.builds(Fact, values, st.sampled_from(list(Confidence))), max_size=2
)
edges = st.builds(
    EdgeTo,
    kind=st.sampled_from([EdgeKind.SERVES, EdgeKind.LISTENS_ON]),
    to_kind=kinds,
    to=keys,
    facts=facts,
)
observations = st.builds(
    Observation,
    sweep=st.just("s"),
    at=times,
    surface=st.sampled_from(["runtime", "code"]),
    source=st.sampled_from(["connect", "docker"]),
    kind=kinds,
    subject=keys,
    aliases=st.lists(keys, max_size=2).map(tuple),
    facts=facts,
    edges=st.lists(edges, max_size=2).map(tuple),
)
looks = st.lists(observations, max_size=6)
graphs: st.SearchStrategy[Graph] = looks.map(fold)
