"""Data files: what is read, and that every mistake is told at its line and column with a remedy."""

import re
import typing
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from livebom import HOUSE, __version__
from livebom.bom.breaches import RULES
from livebom.bom.policy import Accept, Allowed, Policy
from livebom.settings import (
    FILE_CAP,
    Daemon,
    DataError,
    DataErrors,
    Settings,
    config_file,
    data_path,
    examine,
    load_settings,
    parse,
    read,
    read_folder,
)

ROOT = Path(__file__).resolve().parents[2]


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    why: str
    count: int = 0
    mode: typing.Literal["slow", "fast"] = "slow"


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    asks: dict[str, Inner] = {}
    ports: list[int] = []
    either: Inner | str | None = None


def told(text: str | bytes, kind: Any = Thing) -> str:
    with pytest.raises(DataError) as caught:
        parse(text.encode() if isinstance(text, str) else text, kind, "f.yaml")
    return str(caught.value)


def value(text: str) -> Any:
    return parse(text.encode(), dict[str, Any], "f.yaml")[0]


MISTAKES = [
    ("name: a\nnmae: b\n", "f.yaml:2:1: at nmae: unknown key `nmae`; did you mean `name`?"),
    ("name: a\nzzz: b\n", "f.yaml:2:1: at zzz: unknown key `zzz`; known here: asks, either, name, ports"),
    ("ports: [1]\n", "f.yaml:1:1: at the top: `name` is missing; add what is missing"),
    ("name: 1.10\n", "f.yaml:1:7: at name: expected `str`, got `float`; put the value in quotes"),
    (
        "name: a\nports:\n  - 1\n  - x\n",
        "f.yaml:4:5: at ports[1]: expected `int`, got `str`; write a plain decimal number without quotes",
    ),
    (
        "name: a\nasks:\n  ok: {why: x}\n  a.b: {why: x, cuont: 1}\n",
        'f.yaml:4:17: at asks."a.b".cuont: unknown key `cuont`; did you mean `count`?',
    ),
    (
        "name: a\nasks:\n  ok: {why: x}\n  bad: {why: x, mode: fsat}\n",
        "f.yaml:4:23: at asks.bad.mode: invalid enum value 'fsat'; did you mean `fast`?",
    ),
    ("name: a\nasks: []\n", "f.yaml:2:7: at asks: expected `object`, got `array`; write a mapping of keys to values"),
    ("name: a\neither: {count: 2}\n", "f.yaml:2:9: at either: `why` is missing; add what is missing"),
    ("name: a\nname: b\n", "f.yaml:2:1: at name: the key `name` stands twice; keep one of the two"),
    ("name: [a\n", "f.yaml:2:1: at name[0]: not YAML: "),
    ("name: a\n\tports: []\n", "f.yaml:2:1: at name: not YAML: "),
    ("name: !!python/name:os.system\n", "f.yaml:1:7: at name: the tag tag:yaml.org,2002:python/name:os.system is not"),
    ("name: !!str a\n", "f.yaml:1:7: at name: the tag "),
    ("name: *x\n", "f.yaml:1:7: at name: `*x` names nothing above it"),
    ("name: &x [*x]\n", "f.yaml:1:11: at name[0]: `*x` names nothing above it"),
    ("base: &b {why: x}\neither:\n  <<: *b\n", 'f.yaml:3:3: at either."<<": merge keys are not read'),
    ("name: no\n", "f.yaml:1:7: at name: `no` is a boolean to some readers and text to others; write true, false"),
    ("? [a]\n: b\n", "f.yaml:1:3: at the top: a key must be plain text"),
    ("name: a\n---\nname: b\n", "f.yaml:2:1: at the top: a second document begins here"),
    ("- a\n", "f.yaml:1:1: at the top: expected `object`, got `array`"),
    ("name: a\u0007b\n", "f.yaml:1:8: at the top: not YAML: control characters are not allowed"),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_a_mistake_is_told_with_its_place_and_a_remedy(text: str, expected: str) -> None:
    assert told(text).startswith(expected)


@pytest.mark.parametrize("text", [text for text, _ in MISTAKES])
def test_without_libyaml_the_same_places_are_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = told(text).partition(": ")[0]
    monkeypatch.setattr("livebom.settings.document._PARSER", yaml.SafeLoader)
    assert told(text).partition(": ")[0] == place


def test_wrong_bytes_are_told_with_their_place() -> None:
    assert told(b"name: a\nx: caf\xe9\n") == "f.yaml:2:7: at the top: not UTF-8; save as UTF-8"


def test_every_mistake_of_a_file_is_told_at_its_original_place() -> None:
    text = "nmae: a\nports: [x, 1, y]\nasks:\n  one: {why: 1}\n  two: {}\n  three: {why: x, mode: no idea}\n"
    places = [line.partition(": at ")[2].partition(":")[0] for line in told(text).splitlines()]
    assert places == [
        *("nmae", "ports[0]", "ports[2]", "asks.one.why", "asks.two", "asks.three.mode", "the top"),
    ]


def test_a_key_cut_off_for_one_mistake_is_not_told_as_missing_too() -> None:
    assert told("name: 1\n").count("\n") == 0
    assert "missing" not in told("name: a\nasks:\n  one: {why: 1}\n")


def test_a_bad_key_is_told_at_the_key() -> None:
    kind = dict[typing.Annotated[str, msgspec.Meta(pattern="^[a-z]+$")], int]
    assert told("ok: 1\nNOT: 2\n", kind).startswith("f.yaml:2:1: at NOT: bad key: expected `str` matching regex")


def test_the_text_of_an_error_cannot_move_a_cursor() -> None:
    assert told('name: a\n"x\\e[2J\\u202e": 1\n').isprintable()


@pytest.mark.parametrize("text", ["- " * 30_000 + "a", "[" * 30_000, "{a: " * 30_000, "? " * 30_000])
def test_deep_nesting_is_refused_before_any_stack_overflows(text: str) -> None:
    assert "nested deeper" in told(text) or "a key must be plain text" in told(text)


def test_aliases_are_capped_in_number_and_in_what_they_stand_for() -> None:
    assert value("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}
    assert "more than 100 aliases" in told("a: &x 1\nb: [" + "*x, " * 101 + "1]\n", dict[str, Any])
    doubling = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    assert "too much behind them" in told(doubling, dict[str, Any])


def test_a_file_may_be_1_mib_and_no_longer(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(b"name: a\n#".ljust(FILE_CAP, b"x"))
    assert read(file, Thing) == Thing("a")
    file.write_bytes(b"name: a\n#".ljust(FILE_CAP + 1, b"x"))
    with pytest.raises(DataError, match=r"f\.yaml: longer than 1048576 bytes; split the file"):
        read(file, Thing)


@pytest.mark.parametrize("name", ["missing.yaml", ".", "nul\0.yaml"])
def test_a_file_that_cannot_be_read_is_an_error_of_the_same_kind(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / name, Thing)
    empty, _, problems = examine(str(tmp_path / name), Thing)
    assert empty is None
    assert "cannot be read" in problems[0].reason


def test_plain_words_mean_what_they_look_like() -> None:
    for word in ("2024-01-01", "2024-01-01T10:00:00Z", "1:30", "010", "1_000", ".inf", ".nan", "1e3", "y", "0o7"):
        assert value(f"a: {word}") == {"a": word}
    for word, meant in (("0x1F", 31), ("-12", -12), ("0", 0), ("1.5", 1.5), ("1.0e+3", 1000.0), ("true", True)):
        assert value(f"a: {word}\nb: '{word}'\n") == {"a": meant, "b": word}
    assert value("a: ~\nb:\nc: null\n") == {"a": None, "b": None, "c": None}
    assert value("404: a\non: b\n~: c\n'<<': d\n") == {"404": "a", "on": "b", "~": "c", "<<": "d"}
    assert value("a: " + "9" * 5000)["a"] == "9" * 5000


def test_an_empty_file_is_an_empty_mapping() -> None:
    assert value("") == value("# nothing\n") == value("---\n") == {}


def test_the_place_of_a_value_is_known() -> None:
    place = parse(b"name: a\nasks:\n  x:\n    why: b\n", Thing, "f")[1]
    assert place("asks", "x", "why") == (4, 10)
    assert place("asks", "x", "no such") == (4, 5)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(st.characters(exclude_categories=["C"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.slow
@trial(max_examples=100, deadline=None)
@given(document=st.dictionaries(st.text("abcxyz", min_size=1), PLAIN, max_size=4), flow=st.booleans())
def test_what_a_yaml_writer_writes_is_read_back(document: dict[str, Any], flow: bool) -> None:
    assert value(yaml.safe_dump(document, default_flow_style=flow, allow_unicode=True, width=1000)) == document


@trial(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200) | st.text("{}[]:,-?&*!<|>'\"#%@ \n\tab1", max_size=60).map(str.encode))
def test_no_bytes_bring_about_anything_but_a_data_error(data: bytes) -> None:
    with suppress(DataError):
        assert isinstance(parse(data, dict[str, Any], "f.yaml")[0], dict)


def test_a_folder_is_read_whole_by_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.yaml").write_text(f"name: {name}\n")
    (tmp_path / "README.md").write_text("not data")
    (tmp_path / ".a.yaml").write_text("an editor's leavings")
    assert read_folder(tmp_path, Thing) == {"a": Thing("a"), "b": Thing("b")}
    assert list(read_folder(tmp_path, Thing)) == ["a", "b"]


def test_the_mistakes_of_all_files_of_a_folder_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: 1\n")
    (tmp_path / "b.yaml").write_text("name: b\n")
    (tmp_path / "c.yaml").write_text("name: c\nx: 1\ny: 2\n")
    (tmp_path / "d.yml").write_text("name: d\n")
    with pytest.raises(DataErrors) as caught:
        read_folder(tmp_path, Thing)
    assert [Path(problem.file).name for problem in caught.value.problems] == ["a.yaml", "c.yaml", "c.yaml", "d.yml"]
    with pytest.raises(DataErrors, match="cannot be read"):
        read_folder(tmp_path / "none", Thing)


def test_the_projects_own_data_is_found_and_nothing_else() -> None:
    assert data_path("config", "livebom.yaml") == HOUSE / "config" / "livebom.yaml"
    with pytest.raises(DataError, match="install livebom again"):
        data_path("config", "no-such-file.yaml")
    with pytest.raises(ValueError, match="data lies under"):
        data_path("livebom", "settings")


def test_the_shipped_file_the_defaults_and_the_page_agree() -> None:
    shipped = data_path("config", "livebom.yaml").read_text(encoding="utf-8")
    keys = list(value(shipped))
    assert read(data_path("config", "livebom.yaml"), Settings) == Settings()
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    table = page.partition("## The settings\n")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", table, re.MULTILINE)
    assert keys == list(Settings.__struct_fields__) == [*(name for name, _ in rows), "daemon"]
    of_daemon = value(shipped).pop("daemon")
    told = value("\n".join(f"{name}: {default}" for name, default in rows))
    assert told | {"daemon": of_daemon} == value(shipped)
    section = page.partition("\n### The daemon\n")[2].partition("\n| of a schedule")[0]
    its = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
    assert list(of_daemon) == list(Daemon.__struct_fields__) == [name for name, _ in its]
    plain = {name: default.strip("`") for name, default in its if default.startswith("`")}
    assert value("\n".join(f"{name}: {default}" for name, default in plain.items())).items() <= of_daemon.items()
    assert set(of_daemon) - set(plain) == {"roles", "local"}


def test_flag_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    file = tmp_path / "livebom.yaml"
    file.write_text("rate: 10\ntimeout: 3\nper_host: 2\nports_never: [9100]\n")
    environment = {"LIVEBOM_CONFIG": str(file), "LIVEBOM_RATE": "20", "LIVEBOM_TIMEOUT": "4", "PATH": "/bin"}
    found = load_settings({"rate": 30.0, "db": None}, environment)
    assert (found.rate, found.timeout, found.per_host, found.gone_after) == (30.0, 4.0, 2, 3)
    assert found.ports_never == (9100,)
    assert load_settings({}, environment | {"LIVEBOM_PORTS_NEVER": "515, 9100"}).ports_never == (515, 9100)
    assert load_settings({}, environment | {"LIVEBOM_PORTS_NEVER": ""}).ports_never == ()


def test_the_first_file_that_is_there_counts(tmp_path: Path) -> None:
    system = tmp_path / "etc.yaml"
    user = tmp_path / "home" / ".config" / "livebom" / "livebom.yaml"
    home = {"HOME": str(tmp_path / "home")}
    assert config_file(home, system) is None
    assert load_settings({}, home, system) == Settings()
    user.parent.mkdir(parents=True)
    user.write_text("rate: 1\n")
    assert config_file(home, system) == user
    assert config_file({"XDG_CONFIG_HOME": str(tmp_path / "home" / ".config")}, system) == user
    system.write_text("rate: 2\n")
    assert config_file(home, system) == system
    assert load_settings({}, home, system).rate == 2
    with pytest.raises(DataError, match=r"none\.yaml: cannot be read"):
        load_settings({}, home | {"LIVEBOM_CONFIG": str(tmp_path / "none.yaml")}, system)


def test_every_wrong_flag_and_variable_is_told(tmp_path: Path) -> None:
    environment = {"LIVEBOM_RATE": "fast", "LIVEBOM_RAET": "1", "LIVEBOM_TIMEOUT": "nan", "LIVEBOM_GONE_AFTER": "0"}
    with pytest.raises(DataError) as caught:
        load_settings({"per_host": 0, "user_agent": "Mozilla"}, environment, tmp_path / "none")
    assert [problem.file for problem in caught.value.problems] == [
        *(f"environment variable LIVEBOM_{name}" for name in ("RATE", "RAET", "TIMEOUT", "GONE_AFTER")),
        *("--per-host", "--user-agent"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        *("rate: 0", "rate: -1", "rate: .inf", "rate: 1e9", "timeout: 61", "per_host: 0", "concurrency: 5000"),
        *("user_agent: curl", 'user_agent: "livebom\\r\\nX: y"', "ports_never: [0]", "ports_never: [65536]"),
    ],
)
def test_a_setting_out_of_its_bounds_is_refused(line: str) -> None:
    assert told(line, Settings).startswith("f.yaml:1:")


def test_the_store_has_a_place_in_the_users_state_folder() -> None:
    assert Settings().database({"HOME": "/home/a"}) == Path("/home/a/.local/state/livebom/livebom.duckdb")
    assert Settings().database({"XDG_STATE_HOME": "/s"}) == Path("/s/livebom/livebom.duckdb")
    relative = {"HOME": "/home/a", "XDG_STATE_HOME": "s"}
    assert Settings().database(relative) == Path("/home/a/.local/state/livebom/livebom.duckdb")
    assert Settings(db="~/x.duckdb").database({"HOME": "/home/a"}) == Path("/home/a/x.duckdb")
    assert Settings(db="/x.duckdb").database({}) == Path("/x.duckdb")


def test_the_user_agent_names_livebom_and_its_version() -> None:
    assert Settings().user_agent.startswith(f"livebom/{__version__} ")


def uncommented(text: str) -> str:
    """The file with its commented-out examples in force: lines `# key: …` and what is indented below them."""
    example = re.compile(r"^( *)# (?=\w[\w-]*:(?: |$)| +[\w\"-])", re.MULTILINE)
    return example.sub(r"\1", text)


def test_the_shipped_policy_changes_nothing_and_its_examples_are_valid() -> None:
    assert read(data_path("config", "policy.yaml"), Policy) == Policy()
    text = uncommented(data_path("config", "policy.yaml").read_text(encoding="utf-8"))
    example = parse(text.encode(), Policy, "policy.yaml")[0]
    assert example.allow.products == ("ollama", "vllm")
    assert [row.expires for row in example.accept] == [date(2030, 1, 31)] * 2
    assert all(getattr(example, name) for name in Policy.__struct_fields__), "every key has an example"
    assert all(getattr(example.allow, name) for name in Allowed.__struct_fields__), "every list has an example"
    assert set(example.severities) & set(RULES), "a rule of the policy is graded"


def test_an_accepted_finding_needs_a_reason_and_a_last_day() -> None:
    row = "accept:\n  - {finding: a, where: b, reason: c, expires: 2030-01-31}\n"
    accepted = parse(row.encode(), Policy, "f")[0].accept[0]
    assert accepted == Accept(finding="a", where="b", reason="c", expires=date(2030, 1, 31))
    assert accepted.holds(date(2030, 1, 31))
    assert not accepted.holds(date(2030, 2, 1))
    assert "`reason`, `expires` are missing" in told("accept:\n  - {finding: a, where: b}\n", Policy)
    assert "at accept[0].expires" in told(row.replace("2030-01-31", "2030-02-31"), Policy)
    assert "at accept[0].reason" in told(row.replace("reason: c", "reason: '  '"), Policy)
    assert "did you mean `high`?" in told("severities: {a: hihg}\n", Policy)
