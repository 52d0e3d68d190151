"""`livebom register` as it is typed: tables, lists and documents taken in, bad rows told, nothing seen overruled."""

import json
from pathlib import Path
from typing import Any

import pytest

from livebom.bom.parts import PartKind
from livebom.bom.register_keys import key_of
from livebom.store import Store, SweepRow
from tests.livebom.cli.runner import Run, runner
from tests.livebom.store.estate import write
from tests.livebom.store.made import MONDAY, ollama, settle

TABLE = """\ufeffName;Type;IP;Software;State;Vendor
Llama;model;;;approved;Meta
meta-llama/Llama-3.1-8B;Model;;;approved;Meta
the box;server;10.0.0.5;Ollama;approved;
=cmd|' /C calc'!A0;model;;;"re
tired";Evil\x1b[31m

nobody;server;;;approved;
x;spaceship;;;approved;
a;b;c;d;e;f;g;h
"""
MAPPING = "kind=Type,host=IP,product=Software,status=State,supplier=Vendor"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cmdb.csv").write_text(TABLE, encoding="utf-8")
    return runner(tmp_path, monkeypatch)


def listed(run: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run("register", "list", "--db", "x.duckdb", "-f", "json").stdout)
    return rows


def test_table_is_taken_but_for_its_bad_rows(run: Run) -> None:
    result = run("register", "import", "cmdb.csv", "--mapping", MAPPING, "--db", "x.duckdb")
    assert result.exit_code == 3
    told = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in told[:3]] == ["cmdb.csv:8", "cmdb.csv:9", "cmdb.csv:10"]
    assert "spaceship is no kind of part" in told[1]
    assert "8 cells, and the table 6 columns" in told[2]
    assert told[-1] == "livebom: 4 parts of cmdb.csv are registered"
    assert [(row["kind"], row["key"], row["status"]) for row in listed(run)] == [
        ("model", "hf:meta-llama/llama-3.1-8b", "approved"),
        ("model", "named:evil\x1b[31m/=cmd|' /c calc'!a0", "re\ntired"),
        ("model", "named:meta/llama", "approved"),
        ("server", "default/10.0.0.5/ollama", "approved"),
    ]
    assert "\x1b" not in run("register", "list", "--db", "x.duckdb").stdout


def test_dry_run_prints_and_stores_nothing(run: Run, tmp_path: Path) -> None:
    result = run("register", "import", "cmdb.csv", "--mapping", MAPPING, "--dry-run", "--db", "x.duckdb")
    assert "default/10.0.0.5/ollama" in result.stdout
    assert "\x1b" not in result.stdout
    assert not (tmp_path / "x.duckdb").exists()


@pytest.mark.slow
def test_list_of_models_replaces_itself_and_no_other_register(run: Run, tmp_path: Path) -> None:
    run("register", "import", "cmdb.csv", "--mapping", MAPPING, "--db", "x.duckdb")
    names = tmp_path / "approved.txt"
    names.write_text(
        "# models\nQwen/Qwen3-8B # since May\nollama:registry.ollama.ai/library/Phi4\nour own\n", encoding="utf-8"
    )
    assert run("register", "import", "approved.txt", "--db", "x.duckdb").exit_code == 0
    keys = {row["key"] for row in listed(run) if row["source"] == "approved.txt"}
    assert keys == {"hf:qwen/qwen3-8b", "ollama:registry.ollama.ai/library/phi4", "named:approved.txt/our own"}
    names.write_text("Qwen/Qwen3-8B\n", encoding="utf-8")
    run("register", "import", "approved.txt", "--db", "x.duckdb")
    assert [row["key"] for row in listed(run) if row["source"] == "approved.txt"] == ["hf:qwen/qwen3-8b"]
    assert len([row for row in listed(run) if row["source"] == "cmdb.csv"]) == 4


@pytest.mark.slow
def test_what_was_seen_is_held_against_the_register(run: Run) -> None:
    with Store.open(Path("x.duckdb")) as store:
        store.begin_sweep(SweepRow(id="one", started_at=MONDAY))
        settle(store, ollama(), MONDAY)
        store.end_sweep("one", MONDAY, complete=True, tally={})
    run("register", "import", "cmdb.csv", "--mapping", MAPPING, "--db", "x.duckdb")
    rows = json.loads(run("question", "8", "--db", "x.duckdb", "-f", "json").stdout)
    assert {(row["standing"], row["kind"]) for row in rows} == {("not registered", "model"), ("not seen", "model")}
    [server] = [row for row in listed(run) if row["kind"] == "server"]
    assert server["seen_by"] == ["runtime"]
    with Store.view(Path("x.duckdb")) as store:
        assert [row["product"] for row in store.services()] == ["ollama"]


@pytest.mark.slow
def test_document_of_another_tool_is_taken_whole(run: Run, tmp_path: Path) -> None:
    write(tmp_path)
    assert run("register", "import", "estate.json", "--source", "office", "--db", "x.duckdb").exit_code == 0
    assert {row["source"] for row in listed(run)} == {"office"}
    with Store.view(Path("x.duckdb")) as store:
        graph, whole = store.graph(), json.loads((tmp_path / "estate.json").read_text(encoding="utf-8"))
    assert (len(graph.parts), len(graph.edges)) == (len(whole["parts"]), len(whole["edges"]))
    assert run("register", "import", "approved.json", "--db", "x.duckdb").exit_code == 2


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (b"", [], "it holds no headings"),
        (b"Name,State\n", [], "no row of it could be taken"),
        (b"Name\nx\xff\n", [], "not UTF-8"),
        (b"A,B\n1,2\n", [], "no column names the things"),
        (b"Name\nx\n", ["--mapping", "name=Nome"], "there is no column Nome; there are Name"),
        (b"Name\nx\n", ["--mapping", "nome=Name"], "nome is no attribute"),
        (b"Name\nx\n", ["--mapping", "name"], "write NAME=COLUMN"),
        (b"Name\nx\n", ["--mapping", "kind=model", "--format", "list"], "is for a table"),
        (b"Name\n" + b"x" * 2001, [], "longer than 2000 characters"),
        (b'Name\n"x', [], "it is no row of a table"),
        (b"{}", [], "no bill of materials"),
    ],
)
def test_what_cannot_be_taken_ends_with_two_and_stores_nothing(
    run: Run, tmp_path: Path, content: bytes, arguments: list[str], words: str
) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    result = run("register", "import", "bad.csv", *arguments, "--db", "x.duckdb")
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "x.duckdb").exists()


@pytest.mark.parametrize(
    ("kind", "said", "key"),
    [
        (PartKind.MODEL, {"purl": "pkg:huggingface/Qwen/Qwen3@ab?x=y"}, "hf:qwen/qwen3"),
        (PartKind.MODEL, {"name": "https://huggingface.co/Qwen/Qwen3"}, "hf:qwen/qwen3"),
        (PartKind.MODEL, {"name": "llama3:8b"}, "named:cmdb/llama3:8b"),
        (PartKind.MODEL, {"name": "./weights"}, "named:cmdb/./weights"),
        (PartKind.MODEL, {"name": "x", "key": "HF:A/B"}, "hf:a/b"),
        (PartKind.ADAPTER, {"name": "LoRA", "supplier": "Shop"}, "named:shop/lora"),
        (PartKind.DATASET, {"name": "hf-ds:A/B"}, "hf-ds:a/b"),
        (PartKind.DATASET, {"name": "Orders"}, "named:cmdb/orders"),
        (PartKind.API_PROVIDER, {"url": "https://api.eu.OpenAI.com:443/v1"}, "openai.com"),
        (PartKind.API_PROVIDER, {"name": "llm.shop.co.uk"}, "shop.co.uk"),
        (PartKind.API_PROVIDER, {"name": "OpenAI"}, None),
        (PartKind.HOST, {"host": "10.0.0.1", "zone": "lab"}, "lab/10.0.0.1"),
        (PartKind.SERVER, {"url": "https://llm.example"}, "https://llm.example"),
        (PartKind.PRINCIPAL, {"email": "Jo@Example"}, "jo@example"),
        (PartKind.PACKAGE, {"name": "torch", "version": "2"}, "torch@2"),
        (PartKind.PACKAGE, {"purl": "pkg:pypi/torch@2?x=1#y"}, "pkg:pypi/torch@2"),
        (PartKind.AGENT, {"name": "Sales"}, None),
        (PartKind.MODEL, {}, None),
    ],
)
def test_key_is_made_from_the_words_of_a_row(kind: PartKind, said: dict[str, str], key: str | None) -> None:
    assert key_of(kind, said, "cmdb") == key


@pytest.mark.slow
def test_what_an_import_changes_is_told_but_for_the_first_look(run: Run, tmp_path: Path) -> None:
    listed_models = tmp_path / "models.txt"
    for models in ("one/a\n", "one/a\ntwo/b\n", "one/a\ntwo/b\n"):
        listed_models.write_text(models)
        assert run("register", "import", listed_models, "--source", "cmdb", "--db", "x.duckdb").exit_code == 0
    done = run("changes", "--since", "1h", "--format", "jsonl", "--db", "x.duckdb")
    changes = [json.loads(line)["change"] for line in done.stdout.splitlines()]
    assert [one["key"].endswith("two/b") for one in changes] == [True], changes
