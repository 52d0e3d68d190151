"""The ten questions: every step of a walk, circles, hostile names, what was given and not understood, and the page."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.bom.document import Document, document
from livebom.bom.graph import fold
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import EdgeKind, PartKind, Value
from livebom.store import AmbiguousPart, QuestionError, Store, StoreError, ask_document, ask_store, find_question
from livebom.store import questions as all_questions
from livebom.store.asking import ask
from livebom.store.database import Database
from livebom.store.loading import loaded
from livebom.store.question import script
from tests.livebom.store.estate import write
from tests.livebom.store.made import ROOT
from tests.sample import DAY, HOSTILE, NOW, PAY, PII, WEIGHTS, sample

K, E = PartKind, EdgeKind
Arrow = tuple[EdgeKind, PartKind, str]
GIVEN = {"callers": {"tool": "pay"}, "readers": {"data": PII}, "changers": {"part": "SalesAgent"}}
"""What the questions that need something are given."""
OF_A_STATE = [one for one in all_questions() if one.asks == "state"]


def part(kind: PartKind, key: str, *arrows: Arrow, surface: str = "runtime", **said: Value) -> Observation:
    return Observation(
        sweep="one",
        at=NOW,
        surface=surface,
        source=surface,
        kind=kind,
        subject=key,
        facts={name: Fact(value) for name, value in said.items()},
        edges=tuple(EdgeTo(kind=edge, to_kind=to_kind, to=to) for edge, to_kind, to in arrows),
    )


def estate(*seen: Observation) -> Document:
    return document(fold(seen), [], seen)


@pytest.fixture(scope="module")
def tables() -> Iterator[Database]:
    """The sample estate, laid into tables once."""
    database = loaded(sample())
    yield database
    database.close()


def answer(of: Document | Database, name: str, **given: str | datetime) -> list[dict[str, Any]]:
    if isinstance(of, Database):
        found = ask(of, find_question(name, frozenset(given)), given)
    else:
        found = ask_document(of, name, given)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_every_question_of_the_ten_is_there_and_says_what_it_takes() -> None:
    assert {one.number for one in all_questions()} == set(range(1, 11))
    assert len({one.name for one in all_questions()}) == len(all_questions())
    for one in all_questions():
        assert set(re.findall(r"\$(\w+)", one.sql)) == {parameter.name for parameter in one.parameters}, one.name


@pytest.mark.slow
def test_every_question_answers_the_same_whatever_the_order_of_the_document() -> None:
    one = sample()
    turned = msgspec.structs.replace(one, parts=one.parts[::-1], edges=one.edges[::-1])
    first, second = loaded(one), loaded(turned)
    for question in OF_A_STATE:
        found = ask(first, question, GIVEN.get(question.name, {}))
        assert set(question.shown) <= set(found.columns)
        assert len(set(found.columns)) == len(found.columns)
        assert found.rows
        assert ask(second, question, GIVEN.get(question.name, {})) == found
    first.close()
    second.close()


def test_every_name_of_the_tables_can_be_written_without_quotes(tables: Database) -> None:
    columns = tables.connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    ).fetchall()
    assert {"part", "edge", "attribute", "server_view", "model_view", "finding_view"} <= {name for name, _ in columns}
    for table, column in columns:
        statement = f"SELECT {column}, {table}.{column} AS {column} FROM {table} AS {table} ORDER BY {column} LIMIT 1"  # noqa: S608
        assert tables.connection.execute(statement).fetchall() is not None


def test_tables_can_reach_no_file(tables: Database) -> None:
    with pytest.raises(Exception, match="disabled"):
        tables.connection.execute("SELECT * FROM read_text('/etc/hostname')")


def test_circle_of_hand_offs_ends_and_every_way_is_the_shortest() -> None:
    ring = [part(K.AGENT, f"a{n}", (E.HANDS_OFF_TO, K.AGENT, f"a{(n + 1) % 3}")) for n in range(3)]
    tool = part(K.TOOL, "t", name="rm", capabilities=["exec"])
    of = estate(*ring, part(K.AGENT, "a0", (E.CAN_CALL, K.TOOL, "t")), tool)
    assert [(row["name"], row["depth"], row["path"]) for row in answer(of, "callers", tool="rm")] == [
        ("a0", 1, "a0 -can_call-> rm"),
        ("a2", 2, "a2 -hands_off_to-> a0 -can_call-> rm"),
        ("a1", 3, "a1 -hands_off_to-> a2 -hands_off_to-> a0 -can_call-> rm"),
    ]
    assert [(row["name"], row["capability"], row["depth"]) for row in answer(of, "worst")] == [
        ("a0", "exec", 1),
        ("a1", "exec", 3),
        ("a2", "exec", 2),
    ]


def test_walk_ends_after_eight_steps() -> None:
    chain = [part(K.AGENT, f"a{n}", (E.HANDS_OFF_TO, K.AGENT, f"a{n + 1}")) for n in range(12)]
    of = estate(*chain, part(K.AGENT, "a12", (E.CAN_CALL, K.TOOL, "t")))
    assert max(row["depth"] for row in answer(of, "callers", tool="t")) == 8


def test_jailbroken_model_reaches_through_server_front_and_moving_name() -> None:
    of = estate(
        part(K.SERVER, "ollama", (E.SERVES, K.MODEL, "m")),
        part(K.SERVER, "webui", (E.FRONTS, K.SERVER, "ollama"), (E.USES_MCP, K.MCP_SERVER, "mcp")),
        part(K.MCP_SERVER, "mcp", (E.EXPOSES, K.TOOL, "t")),
        part(K.TOOL, "t", capabilities=["secrets"]),
        part(K.MODEL, "latest", (E.ALIAS_OF, K.MODEL, "m")),
        part(K.AGENT, "agent", (E.USES_MODEL, K.MODEL, "latest"), (E.SENDS_DATA_TO, K.API_PROVIDER, "x.com")),
        part(K.MODEL, "other", (E.CAN_CALL, K.TOOL, "plain")),
        part(K.TOOL, "plain"),
    )
    rows = answer(of, "worst", model="m")
    assert [(row["capability"], row["path"]) for row in rows] == [
        ("secrets", "m -served_by-> ollama -fronted_by-> webui -uses_mcp-> mcp -exposes-> t"),
        ("network", "m -also_called-> latest -used_by-> agent -sends_data_to-> x.com"),
    ]
    assert [row["capability"] for row in answer(of, "2", model="other")] == ["unknown"]


def test_question_one_tells_what_is_new_behind_an_old_place() -> None:
    old = msgspec.structs.replace(part(K.ENDPOINT, "GET /a", (E.ROUTES_TO, K.AGENT, "a")), at=NOW - 9 * DAY)
    agent = msgspec.structs.replace(part(K.AGENT, "a", (E.USES_MODEL, K.MODEL, "m")), at=NOW - 9 * DAY)
    of = estate(old, agent, part(K.AGENT, "a", (E.CAN_CALL, K.TOOL, "t")))
    since = NOW - DAY
    assert [row["part_key"] for row in answer(of, "reaches", since=since)] == ["t"]
    assert [(row["part_key"], row["is_new"]) for row in answer(of, "reaches", since=since, place="GET /a")] == [
        ("t", True),
        ("m", False),
    ]
    assert answer(of, "reaches", since=NOW + timedelta(days=1)) == []


def test_license_of_what_a_model_was_made_from_counts_and_the_unknown_is_told() -> None:
    of = estate(
        part(K.SERVER, "open", (E.SERVES, K.MODEL, "tuned"), (E.SERVES, K.MODEL, "dark"), auth="none"),
        part(K.SERVER, "shut", (E.SERVES, K.MODEL, "tuned"), auth="required"),
        part(K.MODEL, "tuned", (E.DERIVED_FROM, K.MODEL, "base"), license="apache-2.0"),
        part(K.MODEL, "base", (E.DERIVED_FROM, K.MODEL, "tuned"), license="cc-by-nc-4.0"),
        part(K.MODEL, "dark"),
    )
    rows = answer(of, "open-restricted")
    told = [(row["standing"], row["server"], row["model"], row["license_family"], row["told_by"]) for row in rows]
    assert told == [
        ("restricted", "open", "tuned", "non-commercial", "base"),
        ("unknown", "open", "dark", "unknown", None),
    ]


def test_versions_and_weights_count_as_the_models_own() -> None:
    of = estate(
        part(K.MODEL, "m", (E.HAS_VERSION, K.MODEL_VERSION, "m@1")),
        part(K.MODEL_VERSION, "m@1", (E.HAS_WEIGHTS, K.WEIGHTS, "w"), revision="1", pinned=True),
        part(K.WEIGHTS, "w", sha256="ab", signature="valid"),
        part(K.SERVER, "s", (E.SERVES, K.MODEL_VERSION, "m@1")),
    )
    [row] = answer(of, "models")
    assert (row["sha256"], row["signature"], row["runs_on"], row["revisions"], row["pinned"]) == (
        ["ab"],
        ["valid"],
        ["s"],
        ["1"],
        "yes",
    )
    assert answer(of, "models", unpinned="yes") == []


@pytest.mark.parametrize("word", ["ab" * 32, WEIGHTS, WEIGHTS.upper()])
def test_hash_hits_model_server_and_agent(tables: Database, word: str) -> None:
    rows = answer(tables, "hit", hash=word)
    assert {"model", "server", "agent", "weights"} <= {row["kind"] for row in rows}
    assert rows[0]["kind"] == "weights"
    assert answer(tables, "hit", hash="00") == []


def test_finding_that_is_mended_hits_nothing() -> None:
    def of(state: str) -> Document:
        return estate(
            part(K.PACKAGE, "p", (E.HAS_FINDING, K.FINDING, "f")),
            part(K.FINDING, "f", rule="CVE-2026-1", cve=["CVE-2026-1"], state=state),
        )

    assert [row["part_key"] for row in answer(of("fail"), "hit", cve="cve-2026-1")] == ["p"]
    assert [row["part_key"] for row in answer(of("fail"), "hit")] == ["p"]
    assert answer(of("pass"), "hit", cve="CVE-2026-1") == []


def test_register_and_what_was_seen_are_held_against_each_other() -> None:
    of = estate(
        part(K.MODEL, "hf:a/b", name="Both"),
        part(K.MODEL, "hf:a/b", surface="register", register_status="listed"),
        part(K.MODEL, "served:s/x", name="Llama", family="llama"),
        part(K.MODEL, "named:meta/llama", surface="register", name="LLAMA"),
        part(K.AGENT, "coded", surface="code", name="coded"),
        part(K.PROMPT, "p", text_sha256="0"),
    )
    rows = answer(of, "unregistered")
    assert [(row["standing"], row["part_key"], row["perhaps"]) for row in rows] == [
        ("not registered", "served:s/x", ["named:meta/llama"]),
        ("not seen", "named:meta/llama", ["served:s/x"]),
    ]
    assert {row["part_key"] for row in answer(of, "unregistered", surface="any")} == {
        "coded",
        "served:s/x",
        "named:meta/llama",
    }
    assert [row["part_key"] for row in answer(of, "unregistered", kind="prompt")] == ["p"]


def test_model_that_a_provider_serves_lets_data_out() -> None:
    of = estate(
        part(K.API_PROVIDER, "x.com", (E.SERVES, K.MODEL, "x:big")),
        part(K.MODEL, "x:latest", (E.ALIAS_OF, K.MODEL, "x:big")),
        part(K.AGENT, "a", (E.USES_MODEL, K.MODEL, "x:latest"), (E.CAN_CALL, K.TOOL, "t")),
        part(K.TOOL, "t", (E.READS, K.VECTOR_STORE, "v")),
        part(K.VECTOR_STORE, "v", classification="pii"),
        part(K.SERVER, "s", (E.SERVES, K.MODEL, "own")),
        part(K.AGENT, "home", (E.USES_MODEL, K.MODEL, "own")),
    )
    [row] = answer(of, "leaving")
    told = (row["provider"], row["sender"], row["ways"], row["classification"])
    assert told == ("x.com", "a", ["uses_model"], ["pii"])


def test_keys_that_aliases_join_are_one_part() -> None:
    of = estate(
        msgspec.structs.replace(part(K.MODEL, "served:s/m"), aliases=("hf:a/m",)),
        part(K.SERVER, "s", (E.SERVES, K.MODEL, "served:s/m"), auth="none"),
        part(K.MODEL, "hf:a/m", license="cc-by-nc-4.0"),
    )
    assert [row["runs_on"] for row in answer(of, "models")] == [["s"]]
    [row] = answer(of, "open-restricted")
    assert row["license_family"] == "non-commercial"
    assert answer(of, "worst", model="served:s/m") == answer(of, "worst", model="hf:a/m")


def test_part_is_named_by_key_name_or_the_beginning_of_its_id(tables: Database) -> None:
    [pay] = [one for one in sample().parts if one.key == PAY]
    by_key, by_name, by_case, by_id = (
        answer(tables, "callers", tool=word) for word in (PAY, "pay", "PAY", str(pay.id)[:8])
    )
    assert by_key == by_name == by_case == by_id
    assert answer(tables, "worst", model=HOSTILE) == []


def test_name_of_several_parts_is_told_and_not_guessed(tables: Database) -> None:
    with pytest.raises(AmbiguousPart, match="beginning of its id") as caught:
        answer(tables, "changers", part="customers")
    assert [kind for _, kind, _ in caught.value.candidates] == ["dataset", "vector_store"]
    hostile = estate(*(part(K.TOOL, f"{n}\x1b[31m", name="same") for n in range(30)))
    with pytest.raises(AmbiguousPart, match="and 18 more") as many:
        answer(hostile, "callers", tool="same")
    assert "\x1b" not in str(many.value)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("11", {}, "there is no question"),
        ("2", {}, "callers tool=…; worst"),
        ("callers", {}, "needs tool"),
        ("callers", {"tool": ""}, "needs tool"),
        ("callers", {"tool": "nothing"}, "no tool or endpoint of that key"),
        ("callers", {"tool": "pay", "x": "1"}, "takes no x; it takes: tool=…"),
        ("models", {"unpinned": "perhaps"}, "write yes or no"),
        ("reaches", {"since": "soon"}, "write a time"),
    ],
)
def test_what_is_not_understood_is_said(tables: Database, name: str, given: dict[str, str], words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        ask(tables, find_question(name, frozenset(given)), given)


@pytest.mark.slow
def test_question_about_history_is_asked_of_the_store(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "estate.duckdb"
    found = ask_store(path, "changes", {"since": (NOW - DAY / 2).isoformat()})
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    assert {(row["change"], row["kind"]) for row in rows} >= {
        ("gone", "guarded_by"),
        ("new", "model"),
        ("changed", "server"),
    }
    [auth] = [row for row in rows if row["attribute"] == "auth"]
    assert (auth["value_before"], auth["value_after"], auth["changed_at"]) == ("required", "none", NOW)
    backwards = ask_store(path, "6", {"since": NOW - DAY / 2, "until": NOW - DAY / 4})
    assert backwards.rows == ()
    everything = ask_store(path, "6", {"since": datetime(2020, 1, 1, tzinfo=UTC)})
    assert {row[1] for row in everything.rows} == {"new"}
    with pytest.raises(QuestionError, match="asked of a store"):
        ask_document(sample(), "changes", {"since": "2026-11-20"})
    with pytest.raises(QuestionError, match="one state"):
        ask_store(path, "models", {})
    with pytest.raises(StoreError, match="no such file"):
        ask_store(tmp_path / "none.duckdb", "6", {"since": "2026-11-20"})


def test_two_words_of_one_attribute_are_judged_as_everywhere_else(tmp_path: Path) -> None:
    """The statement's own choice between claims is that of `livebom.bom.graph.winner`."""
    low = part(K.SERVER, "s", version="1", auth="none")
    import_ = msgspec.structs.replace(low, surface="import", source="i", facts={"version": Fact("9")})
    with Store.open(tmp_path / "x.duckdb") as store:
        for day, seen in enumerate(([low], [msgspec.structs.replace(low, facts={"version": Fact("2")}), import_])):
            graph = fold(seen)
            at = NOW + day * DAY
            store.settle(graph, sweep_id=str(day), seen_at=at, covered=lambda _: True, gone_after=1)
    found = ask_store(tmp_path / "x.duckdb", "6", {"since": NOW})
    assert [(row[5], row[6], row[7]) for row in found.rows] == [("auth", "none", None), ("version", "1", "9")]


names = st.integers(0, 5)
graphs = st.lists(st.tuples(names, st.sampled_from([E.HANDS_OFF_TO, E.CAN_CALL, E.USES_MCP]), names), max_size=14)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(graphs)
def test_walk_finds_what_a_plain_walk_finds(arrows: list[tuple[int, EdgeKind, int]]) -> None:
    """Agents hand off to agents, call tools and use MCP servers that expose tools; each way has the least steps."""
    to_kind = {E.HANDS_OFF_TO: K.AGENT, E.CAN_CALL: K.TOOL, E.USES_MCP: K.MCP_SERVER}
    seen = [part(K.AGENT, f"{a}", (kind, to_kind[kind], f"{b}")) for a, kind, b in arrows]
    seen += [part(K.MCP_SERVER, f"{n}", (E.EXPOSES, K.TOOL, f"{5 - n}")) for n in range(6)]
    of = estate(*seen, part(K.TOOL, "0"))
    behind: dict[tuple[PartKind, str], set[tuple[PartKind, str]]] = {}
    parts = of.graph.parts
    for edge in of.edges:
        one, other = parts[edge.source], parts[edge.destination]
        behind.setdefault((other.kind, other.key), set()).add((one.kind, one.key))
    steps = {(K.TOOL, "0"): 0}
    line = [(K.TOOL, "0")]
    while line:
        following = sorted({one for other in line for one in behind.get(other, ())} - steps.keys())
        steps |= dict.fromkeys(following, steps[line[0]] + 1)
        line = following
    told = {(row["kind"], row["part_key"]): row["depth"] for row in answer(of, "callers", tool="0")}
    assert told == {node: depth for node, depth in steps.items() if node[0] is K.AGENT and depth <= 8}


def test_walk_too_large_for_its_memory_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livebom.store.loading.MEMORY_LIMIT", "40MB")
    crowd = [
        part(K.AGENT, f"a{n}", *((E.HANDS_OFF_TO, K.AGENT, f"a{other}") for other in range(60) if other != n))
        for n in range(60)
    ]
    places = [part(K.ENDPOINT, f"e{n}", (E.ROUTES_TO, K.AGENT, f"a{n}")) for n in range(60)]
    with pytest.raises(QuestionError, match="ask of one part, with place="):
        ask_document(estate(*crowd, *places), "reaches", {})


PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")


def test_page_describes_every_table_view_question_and_parameter(tables: Database) -> None:
    columns = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\w+) \| \S", PAGE, re.MULTILINE)
    assert columns == tables.connection.execute(
        "SELECT c.table_name, c.column_name, c.data_type FROM duckdb_columns() AS c"
        " JOIN duckdb_tables() AS t USING (table_oid) WHERE NOT c.internal ORDER BY c.table_oid, column_index"
    ).fetchall()  # fmt: skip
    views = re.findall(r"^CREATE VIEW (\w+)", script("views"), re.MULTILINE)
    assert [view for view in views if f"| `{view}` |" not in PAGE] == []
    titles = [f"## {one.number} {one.name}\n{one.title}.\n" for one in all_questions()]
    assert [title for title in titles if title not in PAGE] == []
    for one in all_questions():
        section = PAGE.partition(f"## {one.number} {one.name}\n")[2].partition("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", section, re.MULTILINE)
        assert rows == [(parameter.name, parameter.means) for parameter in one.parameters]


def test_answers_are_the_same_from_tables_that_are_kept(tables: Database) -> None:
    question = find_question("leaving")
    assert ask(tables, question, {}) == ask(tables, question, {}) == ask_document(sample(), "10", {})
