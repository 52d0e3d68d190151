"""Every verb that prints what a store or a document holds, in every format it offers, of an estate of hostile names.

The command line is walked, so that a verb or a format without a row here fails.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from livebom.alerts import letters
from livebom.bom.change import Comparison
from livebom.bom.document import Document
from livebom.bom.policy import Policy
from livebom.bom.service import Service
from livebom.cli import Verbs, main
from livebom.store import Baseline, Store, SweepRow, Told
from tests.livebom.alerts.made import alerts
from tests.livebom.cli.runner import Run, runner
from tests.livebom.exits import parsing as read
from tests.livebom.exits.test_formats import STATES, TRIED, clean, report
from tests.livebom.export.hostile import comparison, estate, plain

pytestmark = pytest.mark.slow
AT = datetime(2026, 11, 20, tzinfo=UTC)
ROWS: dict[str, read.Shape] = {"table": read.screen, "json": read.any_json, "jsonl": read.json_lines, "csv": read.sheet}
PAGES: dict[str, read.Shape] = {**ROWS, "markdown": read.markdown, "sarif": read.any_json}
REGISTER = f'kind,name,supplier,status\nmodel,"{TRIED.replace(chr(34), chr(34) * 2)}","=1+1\x9b",approved\n'
BYTES = {"parquet", "arrow"}
SQL = "SELECT kind, * FROM part"
# The words after `livebom`, with DB for the store, DOC and OLD for documents; and the readers of its formats.
TOLD: dict[str, tuple[str, dict[str, read.Shape]]] = {
    "alerts list": ("alerts list --db DB", ROWS),
    "baseline list": ("baseline list --db DB", ROWS),
    "baseline show": ("baseline show NAME --db DB", ROWS),
    "changes": ("changes --since 2026-01-01 --severity info --db DB", PAGES),
    "diff": ("diff OLD DOC", PAGES),
    "export": ("export DOC", STATES),
    "findings": ("findings --db DB", ROWS),
    "merge": ("merge DOC OLD", STATES),
    "policy check": ("policy check DOC", PAGES),
    "question": ("question models --in DOC", ROWS),
    "register list": ("register list --db DB", ROWS),
    "report": ("report DOC", PAGES),
    "services": ("services --all --db DB", ROWS),
    "sql": ("sql QUERY --db DB", ROWS),
    "sweeps": ("sweeps --db DB", ROWS),
}
OTHERWISE = {
    "alerts test": "prints names of the policy and words of livebom",
    "catalog": "prints fingerprints",
    "checks": "prints fingerprints",
    "explain": "test_explain asks a hostile server",
    "register import": "`--format` is that of the file it reads",
    "status": "test_talk and the daemon's tests",
    "watch": "test_talk",
}


def formats_of(group: click.Group, *words: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every verb that has `--format`, with the formats."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from formats_of(found, *words, name)
        else:
            choices = [one.type.choices for one in getattr(found, "params", ()) if one.name == "form"
                       and isinstance(one, click.Option) and isinstance(one.type, click.Choice)]  # fmt: skip
            if choices:
                yield " ".join((*words, name)), tuple(choices[0])


assert isinstance(main, Verbs)
OFFERED = dict(formats_of(main))
ASKED = [(verb, form) for verb, its in OFFERED.items() if verb in TOLD for form in its]


def filled(path: Path, older: Document, now: Document, services: tuple[Service, ...], told: Comparison) -> None:
    """A store that saw the one and then the other, told what changed, and has alerts that wait."""
    with Store.open(path) as store:
        for number, state in enumerate((older, now)):
            at, sweep = AT + timedelta(hours=number), f"look-{number}"
            before = store.document()
            store.begin_sweep(SweepRow(id=sweep, started_at=at, scope=now.looks[0].scope))
            with store.together():
                for service in services:
                    store.add_service(sweep, TRIED, service)
                store.settle(state.graph, sweep_id=sweep, seen_at=at, covered=lambda _: True, gone_after=1)
                store.end_sweep(sweep, at, complete=True, tally={})
                if number:
                    store.tell(before, state.graph, Told(sweep_id=sweep, policy=Policy(), today=at.date()))
        store.outbox.post(letters(alerts(told.changes)))
        store.set_baseline(Baseline(name=TRIED, as_of=at, set_at=at, reason=TRIED))
        store.publish()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store and two documents of such an estate."""
    where = tmp_path_factory.mktemp("exits")
    (where / "doc.json").write_bytes(msgspec.json.encode(estate(TRIED)))
    (where / "old.json").write_bytes(msgspec.json.encode(plain(TRIED)))
    filled(where / "x.duckdb", plain(TRIED), estate(TRIED), report(TRIED).services, comparison(TRIED))
    (where / "register.csv").write_text(REGISTER.replace("\0", ""), encoding="utf-8")
    command = ["register", "import", str(where / "register.csv"), "--db", str(where / "x.duckdb")]
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    clean(done.output)
    return where


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(folder, monkeypatch)


def test_every_verb_with_a_format_is_asked() -> None:
    assert set(OFFERED) == set(TOLD) | set(OTHERWISE)


@pytest.mark.parametrize(("verb", "form"), ASKED, ids=[" ".join(one) for one in ASKED])
def test_what_a_verb_prints(run: Run, folder: Path, verb: str, form: str) -> None:
    words, readers = TOLD[verb]
    stands = {
        "DB": folder / "x.duckdb",
        "DOC": folder / "doc.json",
        "OLD": folder / "old.json",
        "QUERY": SQL,
        "NAME": TRIED,
    }
    command = [stands.get(word, word) for word in words.split()]
    if form in BYTES:
        command += ["--output", folder / f"out.{form}"]
    done = run(*command, "--format", form)
    assert done.exit_code in {0, 1, 3} or "needs pyarrow" in done.stderr, done.stderr
    clean(done.stderr)
    if form not in BYTES:
        assert done.stdout
        readers[form](clean(done.stdout, "\r" if form == "csv" else ""))
