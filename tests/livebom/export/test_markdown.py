"""The inventory as Markdown: what it tells, and that in no foreign word anything takes effect."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from livebom.bom.document import document
from livebom.bom.parts import Graph
from livebom.export import exported
from livebom.export.changes import written
from livebom.export.markup import code, prose
from tests.livebom.export.golden import agrees
from tests.livebom.export.hostile import NAMES, comparison, estate, hidden, plain
from tests.sample import sample

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
OURS = {"<details>", "</details>", "<summary>", "</summary>"}
pieces = st.lists(st.sampled_from([*"`|\\[]()<>*_~#@!&;:-+= 1.\n\x00", "a", "://", "www.", "<b>", "&lt;", "GH-1"]))


def inline(markdown: str) -> list[Token]:
    return [child for token in PARSER.parse(markdown) for child in (token, *(token.children or ()))]


def section(title: str) -> list[str]:
    text = exported(sample(), "markdown")
    found = re.search(rf"^## {title}\n\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[1].splitlines()


def test_golden() -> None:
    agrees("markdown/sample.md", exported(sample(), "markdown"))


def test_it_says_what_was_not_looked_at() -> None:
    told = " ".join(section("Not looked at"))
    for words in ("ended early", "hosted AI services", "web: nobody looked", "did not tell its models", "not all of"):
        assert words in told


def test_a_finding_comes_with_its_fix_and_its_place() -> None:
    lines = section("Findings")
    assert lines[0] == "- **critical** `CVE-2026-0001`: A crafted state runs code"
    assert "  - fix: Upgrade to 1.4.1" in lines
    assert "  - where: `lab/10.0.0.5:8000`" in lines


def test_servers_models_and_agents_are_told_with_what_matters() -> None:
    vllm = next(line for line in section("Servers and providers") if "`lab/10.0.0.5/vllm`" in line)
    assert "**none**" in vllm
    assert "`Llama-3.1-8B-Instruct`" in vllm
    llama = next(line for line in section("Models") if "llama-3.1-8b-instruct" in line)
    assert all(one in llama for one in ("use-restricted", "`Meta`", "**not pinned**", "ab" * 32, "`SalesAgent`"))
    sales = next(line for line in section("Agents") if "sales.py" in line)
    assert all(one in sales for one in ("`shell`", "`payments`", "**nothing**"))


def test_a_conflict_is_told_with_its_winner_and_why() -> None:
    (line,) = (line for line in section("Conflicts") if line)
    assert "`version`" in line
    assert line.index("0.32.0") < line.index("over 0.31.0")
    assert line.endswith("declared is better known than unresolved")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_in_no_name_anything_takes_effect(name: str) -> None:
    for text, ours in (
        (exported(estate(name), "markdown"), exported(plain(name), "markdown")),
        (written(comparison(name), "markdown"), written(comparison("plain"), "markdown")),
    ):
        assert hidden(text) == set()
        assert "octocat" not in re.sub(r"`[^`]*`|@&#8203;octocat", "", text)
        found = inline(text)
        assert not {"link_open", "image", "fence", "hr"} & {one.type for one in found}
        assert {tag for one in found if "html" in one.type for tag in re.findall(r"<[^>]*>", one.content)} <= OURS
        assert shape(found) == shape(inline(ours))


def shape(found: list[Token]) -> list[str]:
    """The blocks of a page; a row more or a cell more would show."""
    return [one.type for one in found if one.block and one.type != "html_block"]


@given(pieces.map("".join))
def test_code_in_a_cell_stays_one_cell_of_code(text: str) -> None:
    found = inline(f"| a | b |\n| --- | --- |\n| {code(text) or '-'} | x |\n")
    assert [one.type for one in found].count("td_open") == 2
    assert {one.type for one in found if one.level and not one.block} <= {"code_inline", "text"}
    assert len([one for one in found if one.type == "code_inline"]) == bool(code(text))
    assert code(text) or not text.strip(" ")


@example("    `")
@given(pieces.map("".join))
def test_prose_in_a_list_or_a_cell_is_nothing_but_text(text: str) -> None:
    for page in (f"- {prose(text)}\n- next\n", f"| {prose(text) or '-'} | x |\n| --- | --- |\n"):
        kinds = {one.type for one in inline(page)}
        allowed = {"text", "text_special", "inline", "paragraph_open", "paragraph_close"}
        assert not {kind for kind in kinds - allowed if not kind.startswith(("bullet_list", "list_item", "table", "t"))}
    assert [one.type for one in inline(f"- {prose(text)}\n- next\n")].count("list_item_open") == 2


@pytest.mark.parametrize(
    "live", ["@octocat", "#12", "a/b#12", "GH-12", "http://evil.example", "www.evil.example", ":smile:"]
)
def test_nothing_that_github_links_stays_whole(live: str) -> None:
    assert re.search(r"[@#:]&#8203;|www&#8203;\.|GH&#8203;-", prose(f"see {live} there"))
    assert live not in prose(f"see {live} there")


def test_an_empty_state_says_so() -> None:
    text = exported(document(Graph(), []), "markdown")
    assert text.count("None.") >= 5
    assert "runtime: nobody looked at this surface" in text
