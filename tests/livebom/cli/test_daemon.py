"""The verbs that speak to a daemon, against a real one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.running import Forks, Running
from tests.lab import Lab
from tests.livebom.cli.runner import Run, runner

OLLAMA = "ollama-0.32.15-default"


@pytest.fixture(scope="module")
def daemon(one_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = one_lab.add(OLLAMA)
    groups = {"lab": f"{{include: [{place.host}], ports: {place.port}}}"}
    more = "  schedules:\n    night: {cron: 15 2 * * *, zone: Europe/Berlin}\n"
    with Forks() as forks:
        one = Running(forks, tmp_path_factory.mktemp("daemon"), groups=groups, more=more).start()
        try:
            yield one
        finally:
            one.close()
            one_lab.clear()


@pytest.fixture
def run(daemon: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    its = runner(tmp_path, monkeypatch)
    monkeypatch.setenv("LIVEBOM_CONFIG", str(daemon.config))
    return its


@pytest.mark.slow
def test_a_sweep_is_ordered_waited_for_and_then_known(run: Run, daemon: Running) -> None:
    done = run("sweep", "--group", "lab", "--wait")
    assert done.exit_code == 0, done.stderr
    id_ = done.stdout.strip()
    assert f"{id_[:8]} done, complete" in done.stderr
    listed = run("services", "--format", "json")
    assert f"from the daemon at {daemon.socket}" in listed.stderr
    assert [row["product"] for row in json.loads(listed.stdout)] == ["ollama"]
    table = run("services")
    assert "ollama" in table.stdout
    followed = run("watch", id_[:8], "--format", "jsonl")
    assert json.loads(followed.stdout.splitlines()[-1])["state"] == "done"


@pytest.mark.slow
def test_every_listing_asks_the_daemon_and_says_what_the_file_says(run: Run, daemon: Running) -> None:
    done = run("sweep", "--group", "lab", "--wait")
    assert done.exit_code == 0, done.stderr
    for words in (
        ("services", "--format", "jsonl"),
        ("findings", "--format", "json", "--all"),
        ("changes", "--since", "3d", "--format", "jsonl"),
        ("sql", "SELECT part_key, 'x'::BLOB AS b, now()::DATE AS d FROM part ORDER BY 1", "--format", "csv"),
    ):
        asked = run(*words)
        read = run(*words, "--db", daemon.database)
        assert (asked.exit_code, read.exit_code) == (0, 0), (asked.stderr, read.stderr)
        assert f"from the daemon at {daemon.socket}" in asked.stderr
        assert "from the daemon" not in read.stderr
        assert asked.stdout == read.stdout
    assert run("sql", "SELECT 1 AS a", "-f", "json").stdout == '[\n  {\n    "a": 1\n  }\n]\n'
    wrong = run("changes", "--since", "nonsense")
    assert wrong.exit_code == 2
    assert "no such state" in wrong.stderr
    assert run("sql", "DROP TABLE part").exit_code == 2


def test_the_status_is_ten_lines(run: Run) -> None:
    done = run("status")
    assert done.exit_code == 0, done.stdout
    lines = done.stdout.splitlines()
    assert len(lines) == 10
    assert lines[0].endswith("all is well")
    assert "night 20" in lines[3]
    assert json.loads(run("status", "--format", "json").stdout)["well"] is True


def test_a_refusal_is_told_with_its_remedy(run: Run) -> None:
    done = run("sweep", "--group", "nobody", "--wait")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "there is no group nobody" in done.stderr
    assert "the targets file has lab" in done.stderr
    assert run("watch", "ffffffff").exit_code == 2
    assert run("sweep", "--cancel", "ffffffff").exit_code == 2


@pytest.mark.slow
def test_without_a_daemon_the_file_is_read_and_that_is_said(
    tmp_path: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runner(tmp_path, monkeypatch)
    place = lab.add(OLLAMA)
    assert run("discover", f"{place.host}:{place.port}", "-q").exit_code == 0
    config = tmp_path / "livebom.yaml"
    config.write_text(f"daemon: {{socket: {tmp_path / 'c.sock'}}}\n")
    monkeypatch.setenv("LIVEBOM_CONFIG", str(config))
    listed = run("services", "--format", "json")
    assert len(json.loads(listed.stdout)) == 1
    assert "from the file" in listed.stderr
    assert run("status").exit_code == 4
    assert "no daemon runs here" in run("status").stderr


def test_the_configuration_is_checked_whole(run: Run, daemon: Running, tmp_path: Path) -> None:
    fine = run("config", "check")
    assert fine.exit_code == 0, fine.stderr
    assert "1 schedules, 1 groups" in fine.stdout
    assert json.loads(run("config", "show").stdout)["daemon"]["schedules"]["night"]["cron"] == "15 2 * * *"


def test_every_mistake_of_a_configuration_has_its_place_and_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runner(tmp_path, monkeypatch)
    config, targets, policy = (tmp_path / f"{name}.yaml" for name in ("livebom", "targets", "policy"))
    config.write_text(
        f"policy: {policy}\n"
        "daemon:\n"
        f"  targets: {targets}\n"
        "  blackouts:\n"
        "    - {begins: '08:00', ends: '18:00', zone: Nowhere}\n"
        "  schedules:\n"
        "    a: {every: 6h, groups: [labb], servers: [olama]}\n"
        "    b: {cron: 0 25 * * *, ports: '99999'}\n"
    )
    targets.write_text("groups:\n  lab: {include: [10.0.0.300]}\n")
    policy.write_text("severitys: {}\n")
    monkeypatch.setenv("LIVEBOM_CONFIG", str(config))
    done = run("config", "check")
    assert done.exit_code == 2
    for told in (
        f"{config}:5:46: at daemon.blackouts[0].zone: `Nowhere` is no time zone of this host; write a name",
        f"{config}:7:46: at daemon.schedules.a.servers[0]: `olama` is no product; `livebom catalog` lists",
        f"{config}:8:15: at daemon.schedules.b.cron: `25` is no hour",
        f"{config}:8:34: at daemon.schedules.b.ports:",
        f"{policy}:1:1: at severitys: unknown key `severitys`; did you mean `severities`?",
        f"{targets}:2:19: at `10.0.0.300`",
    ):
        assert told in done.stderr, done.stderr
