"""The graph as CSV, Graphviz and GraphML: read back by others, nothing of it runs, nothing of it is lost unsaid."""

import csv
import io
import re
import shutil
import subprocess
from xml.etree import ElementTree

import msgspec
import pytest

from livebom.bom.document import Document, document
from livebom.bom.identity import alias
from livebom.bom.parts import Graph, PartKind
from livebom.export import exported
from tests.every import every
from tests.livebom.export.golden import agrees
from tests.livebom.export.hostile import NAMES, estate, hidden, plain
from tests.sample import LLAMA, QWEN, VLLM, sample

FORMS = {"csv": "csv", "dot": "dot", "graphml": "graphml"}
SPACE = "{http://graphml.graphdrawing.org/xmlns}"
FORM_OF = {"long": r"-?\d+", "double": r"-?[\d.e+-]+", "boolean": "true|false", "string": ".*"}
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|->|[\[\]{};=,]|[A-Za-z_][A-Za-z0-9_]*|[0-9.]+|\s+')
"""The tokens of the DOT language that we write."""


def rows(one: Document) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported(one, "csv"), newline="")))


def parsed(text: str | bytes) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - written by us a moment ago


def tokens(text: str) -> list[str]:
    found = TOKEN.findall(text)
    assert "".join(found) == text
    return [token for token in found if not token.isspace()]


@every(sorted(FORMS))
def test_golden(form: str) -> None:
    agrees(f"{form}/sample.{FORMS[form]}", exported(sample(), form))


@every(sorted(FORMS))
def test_equal_states_give_equal_bytes(form: str) -> None:
    one = sample()
    turned = msgspec.structs.replace(one, parts=one.parts[::-1], edges=one.edges[::-1])
    assert exported(turned, form) == exported(one, form)


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_name_moves_a_cursor_or_reorders_text(form: str, name: str) -> None:
    assert hidden(exported(estate(name), form)) - {"\r"} == set()


def test_csv_has_a_row_for_every_part_and_lists_are_joined() -> None:
    told = {row["key"]: row for row in rows(sample())}
    assert len(told) == len(sample().parts)
    assert told[VLLM]["auth"] == "none"
    assert told[VLLM]["version"] == "0.32.0"
    assert told["git.example/shop/assistant:tools.shell"]["capabilities"] == "exec | fs-write"


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_csv_no_cell_starts_a_formula(name: str) -> None:
    text = exported(estate(name), "csv")
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert {len(row) for row in read} == {len(read[0])}
    assert len(read) == 1 + len(estate(name).parts)
    assert text.count("\r\n") == len(read)
    for cell in (cell for row in read for cell in row):
        assert not cell.lstrip(" \"'\xa0").startswith(tuple("=+-@\t\r\n")) or cell.startswith("'")
        assert len(cell) < 32_767


def test_an_alias_set_is_one_row_and_one_node() -> None:
    one = sample()
    both = [alias(PartKind.MODEL, QWEN, LLAMA, "test")]
    joined = msgspec.structs.replace(one, aliases=document(one.graph, one.looks).aliases + tuple(both))
    assert len(rows(joined)) == len(rows(one)) - 1
    nodes = [parsed(exported(it, "graphml")).iter(f"{SPACE}node") for it in (joined, one)]
    assert len(list(nodes[0])) == len(list(nodes[1])) - 1


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_dot_has_our_statements_and_no_others(name: str) -> None:
    found = tokens(exported(estate(name), "dot"))
    ours = tokens(exported(plain(name), "dot"))
    assert [token for token in found if token[0] != '"'] == [token for token in ours if token[0] != '"']
    assert len(found) == len(ours)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("name", ["sample", *NAMES])
def test_graphviz_draws_it(name: str) -> None:
    one = sample() if name == "sample" else estate(NAMES[name])
    done = subprocess.run(["dot", "-Tsvg"], input=exported(one, "dot").encode(), capture_output=True, check=True)
    drawn = parsed(done.stdout)
    nodes = [node for node in drawn.iter("{http://www.w3.org/2000/svg}g") if node.get("class") == "node"]
    assert len(nodes) == len(one.parts)


def test_dot_draws_every_part_and_edge_and_says_what_is_missing() -> None:
    lines = exported(sample(), "dot").splitlines()
    assert sum(" -> " in line for line in lines) == len(sample().edges)
    assert sum("tooltip=" in line for line in lines) == len(sample().parts)
    assert "10.0.1.0/24: the sweep was ended early\\l" in lines[1]


@every(["sample", *NAMES])
def test_graphml_is_read_back_with_types(name: str) -> None:
    one = sample() if name == "sample" else estate(NAMES[name])
    root = parsed(exported(one, "graphml"))
    keys = {key.attrib["id"]: key.attrib for key in root.iter(f"{SPACE}key")}
    assert len(list(root.iter(f"{SPACE}node"))) == len(one.parts)
    edges = list(root.iter(f"{SPACE}edge"))
    assert {(edge.get("source"), edge.get("target")) for edge in edges} == {
        (str(edge.source), str(edge.destination)) for edge in one.edges
    }
    for data in root.iter(f"{SPACE}data"):
        assert re.fullmatch(FORM_OF[keys[data.attrib["key"]]["attr.type"]], data.text or "", re.DOTALL)
    types = {key["attr.name"]: key["attr.type"] for key in keys.values()}
    assert name != "sample" or (types["port"], types["pinned"], types["auth"]) == ("long", "boolean", "string")


def test_graphml_says_what_was_not_looked_at() -> None:
    root = parsed(exported(sample(), "graphml"))
    named = {key.attrib["id"]: key.attrib["attr.name"] for key in root.iter(f"{SPACE}key")}
    about = {named[data.attrib["key"]]: data.text or "" for data in root.findall(f"{SPACE}graph/{SPACE}data")}
    assert about["complete"] == "false"
    assert "10.0.1.0/24: the sweep was ended early" in about["not_seen"]


@every(["dot", "graphml"])
def test_an_edge_to_a_part_nobody_tells_of_still_has_two_ends(form: str) -> None:
    one = sample()
    without = msgspec.structs.replace(one, parts=tuple(part for part in one.parts if part.key != VLLM))
    gone = next(part.id for part in one.parts if part.key == VLLM)
    text = exported(without, form)
    assert f'"{gone}" [label="unknown"' in text or f'<node id="{gone}">' in text


def test_a_state_without_anything_is_still_a_file() -> None:
    empty = document(Graph(), [])
    assert len(rows(empty)) == 0
    assert parsed(exported(empty, "graphml")).find(f"{SPACE}graph") is not None
    assert tokens(exported(empty, "dot"))[-1] == "}"
