"""Readers that livebom has no part in, one for each format: what they make of a text, as a shape to compare."""

import csv
import io
import json
import re
from collections.abc import Callable, Hashable
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from markdown_it import MarkdownIt

Shape = Callable[[str], Hashable]

_TAGS = re.compile(
    "a|b|body|code|dd|div|dl|dt|footer|h[123]|head|header|html|input|li|main|meta|nav|p|script|section|small|span|"
    "style|table|tbody|td|th|thead|title|tr|ul"
)
_ATTRIBUTES = re.compile("aria-label|charset|class|content|hidden|href|http-equiv|id|lang|name|placeholder|type")

_DOT = re.compile(r'"(?:[^"\\]|\\.)*"|->|[\[\]{};=,]|[A-Za-z_][A-Za-z0-9_]*|[0-9.]+|\s+')
_SYSLOG = re.compile(
    r"<(\d{1,3})>1 \d{4}-\d\d-\d\dT[\d:.]+Z [!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} "
    r'\[[!-<>-Z^-~]+@\d+((?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")+)\] (?:\ufeff)?([^\n]*)'
)
"""RFC 5424 §6, of which livebom uses one element of structured data."""


def any_json(text: str) -> Hashable:
    """That it is JSON of whole characters, and what is at its top."""
    tree = json.loads(text)
    whole(tree)
    return tuple(sorted(tree)) if isinstance(tree, dict) else len(tree)


def whole(tree: Any) -> None:
    """No string of it holds half a character: a strict reader takes none of it otherwise."""
    json.dumps(tree, ensure_ascii=False).encode()


def json_lines(text: str) -> Hashable:
    """How many there are."""
    return tuple(any_json(line) for line in text.splitlines())


def sheet(text: str) -> Hashable:
    """Its size; no cell is run by a spreadsheet, and none is longer than one may be."""
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    for cell in (cell for row in read for cell in row):
        assert not cell.lstrip(" \"'\xa0").startswith(tuple("=+-@\t\r\n")) or cell.startswith("'"), cell[:50]
        assert len(cell) < 32_767
    assert {len(row) for row in read} == {len(read[0])}
    return len(read)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


def page(text: str) -> Hashable:
    """That every tag and attribute is one of ours, and how many there are that run or dress the page."""
    for tag, names in _Page(text).tags:
        assert _TAGS.fullmatch(tag), tag
        assert all(map(_ATTRIBUTES.fullmatch, names)), names
    return text.count("<script"), text.count("<style"), text.count("<title")


def graphml(text: str) -> Hashable:
    """How many nodes and edges."""
    root = ElementTree.fromstring(text)  # noqa: S314 - written by us a moment ago
    return tuple(sum(one.tag.endswith(kind) for one in root.iter()) for kind in ("}node", "}edge", "}graph"))


def dot(text: str) -> Hashable:
    """Everything but what is in quotes."""
    found = _DOT.findall(text)
    assert "".join(found) == text
    return tuple(token for token in found if token[0] != '"' and not token.isspace())


def markdown(text: str) -> Hashable:
    """Its blocks; nothing foreign is a link, an image or HTML."""
    found = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = {inner.type for one in found for inner in one.children or ()} | {one.type for one in found}
    assert not {"link_open", "image", "fence", "hr"} & kinds
    tags = {tag for one in found if "html" in one.type for tag in re.findall(r"<(/?[a-z]+)", one.content)}
    return tuple(one.type for one in found if one.block and one.type != "html_block"), frozenset(tags)


def screen(text: str) -> Hashable:
    """That it has lines; how a table wraps differs from name to name."""
    return bool(text.splitlines())


def one_line(text: str) -> Hashable:
    """That it is one."""
    return len(text.splitlines())


def cef(text: str) -> Hashable:
    """Header fields and the extension's keys, by "Implementing ArcSight CEF": bare pipes and equals signs part."""
    fields = re.split(r"(?<!\\)(?:\\\\)*\|", text, maxsplit=7)
    assert fields[0] == "CEF:0"
    assert re.fullmatch(r"(?:[^\\=\n]|\\[\\=nr]|(?<![^ ])[A-Za-z0-9]+=| [A-Za-z0-9]+=)*", fields[7])
    return tuple(fields[1:7]), tuple(re.findall(r"(?:^| )([A-Za-z0-9]+)(?<!\\)=", fields[7]))


def syslog(text: str) -> Hashable:
    """Its priority and the names of its structured data."""
    match = _SYSLOG.fullmatch(text)
    assert match, text[:300]
    return match[1], tuple(re.findall(r' ([a-z]+)="', re.sub(r"\\.", "", match[2])))


def prometheus(text: str) -> Hashable:
    """Its series, by the text format 0.0.4: every line a comment or a sample, every label quoted."""
    label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
    sample = re.compile(
        rf"([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{{(?:{label}(?:,{label})*)?\}})?) (?:[-+]?[0-9.e+-]+|NaN|[+-]Inf)"
    )
    series = []
    for line in text.splitlines():
        if not re.match(r"# (?:HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* ", line):
            match = sample.fullmatch(line)
            assert match, line
            series.append(match[1])
    assert len(series) == len(set(series))
    return tuple(series)
