"""What this host told is remembered, and only a look at this host says that it is gone."""

import secrets
from pathlib import Path

import anyio
import pytest

from livebom.bom.parts import PartKind
from livebom.bom.report import Report
from livebom.net.targets import read_targets
from livebom.settings import Settings, examine
from livebom.store import Store
from livebom.surfaces import Local, load_catalog, orders_of
from livebom.turn import Turn, crank
from probes.local.workload import Published
from tests.lab import Lab
from tests.lab_process import Place
from tests.probes.local.shapes import HERE, ID, Tells, docker, edges, known, process


def turned(store: Store, place: Place, *sources: Tells) -> Report:
    """One turn over one place that is gone at its first complete miss."""
    target = f"{place.host}:{place.port}"
    targets = read_targets([target], ai=[place.port], read_yaml=examine)
    orders, _ = orders_of(targets, Settings(rate=20_000), key=secrets.token_bytes(8))
    local = Local(sources=sources, known=known(), here=HERE) if sources else None
    return anyio.run(
        crank, Turn(orders=orders, catalog=load_catalog(), scope=(target,), store=store, gone_after=1, local=local)
    )


def containers(store: Store) -> list[str]:
    """The keys of the containers and their servers."""
    return sorted(part.key for part in store.document().parts if ID in part.key and part.kind is not PartKind.FINDING)


@pytest.mark.slow
def test_a_sweep_of_the_network_alone_misses_no_container(lab: Lab, tmp_path: Path) -> None:
    place = lab.add("vllm-0.32.0-default")
    container = docker(published=(Published(host=place.host, port=place.port, inner=8000),))
    with Store.open(tmp_path / "livebom.duckdb") as store:
        turned(store, place, Tells("docker", (container,)))
        first = containers(store)
        assert f"docker:{ID}" in first
        assert f"container:{ID}/vllm" in first
        report = turned(store, place)
        assert containers(store) == first
        [network] = {part.key for part in report.graph.parts.values() if part.kind is PartKind.SERVER}
        assert network == f"default/{place.host}/vllm"
        turned(store, place, Tells("docker", (), complete=False))
        assert containers(store) == first
        turned(store, place, Tells("docker", ()))
        assert containers(store) == []
        assert network in {part.key for part in store.document().parts}


@pytest.mark.slow
def test_a_look_at_this_host_alone_joins_what_an_earlier_sweep_saw(lab: Lab, tmp_path: Path) -> None:
    place = lab.add("vllm-0.32.0-default")
    container = docker(published=(Published(host=place.host, port=place.port, inner=8000),))
    with Store.open(tmp_path / "livebom.duckdb") as store:
        turned(store, place)
        local = Local(sources=(Tells("docker", (container,)),), known=known(), here=HERE)
        report = anyio.run(
            crank, Turn(orders=(), catalog=load_catalog(), scope=("this host",), store=store, local=local)
        )
        assert report.complete
        assert {row.key for row in report.graph.aliases} == {f"default/{place.host}/vllm"}
        assert len(store.document().aliases) == 1


@pytest.mark.slow
def test_a_mended_finding_is_told_once(lab: Lab, tmp_path: Path) -> None:
    place = lab.add("vllm-0.32.0-default")
    with Store.open(tmp_path / "livebom.duckdb") as store:
        turned(store, place, Tells("docker", (docker(privileged=True),)))
        report = turned(store, place, Tells("docker", (docker(privileged=False),)))
    assert report.changes is not None
    key = f"container-privileged@docker:{ID}"
    assert any(key in str(change) for change in report.changes.changes)


def test_the_weights_that_a_server_names_are_joined_with_it(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / ".cache" / "huggingface" / "hub" / "models--acme--Bot"
    snapshot = repository / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    (snapshot / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    runs = process("vllm", "serve", "acme/Bot")
    local = Local(sources=(Tells("process", (runs,)),), known=known(), here=HERE, homes=(str(tmp_path),))
    report = anyio.run(crank, Turn(orders=(), catalog=load_catalog(), scope=("this host",), local=local))
    chain = edges(report.graph)
    server = f"{HERE.key}/127.0.0.1/vllm#8000"
    assert (server, "serves", "hf:acme/bot") in chain
    assert any(kind == "has_weights" for _, kind, _ in chain)
