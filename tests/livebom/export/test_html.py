"""The HTML report: nothing foreign takes effect in it, nothing is loaded, and a real browser shows it."""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from livebom.bom.document import Document, document
from livebom.bom.graph import fold
from livebom.bom.parts import PartKind
from livebom.export import exported
from livebom.export.html import export
from tests.livebom.export.golden import agrees
from tests.sample import HOSTILE, NOW, looks, sample, seen

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), "")
ALONE = (
    *("--headless", "--disable-gpu", "--no-sandbox", "--no-first-run", "--disable-extensions", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-domain-reliability"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", "--enable-logging=stderr", "--v=0"),
)
"""A browser that opens the file and can reach nobody."""

NASTY = [
    HOSTILE,
    "</title><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "' onmouseover='x' \"><svg/onload=alert(1)>",
    "</style><style>*{display:none}</style>",
    "&lt;script&gt;",
    "nul\0 esc\x1b[2J bidi\u202e zero\u200b tag\U000e0041",
    "half \ud800 pair",
    "x" * 1_000_000,
    "javascript:alert(1)",
]


class Page(HTMLParser):
    """What a page is made of: its tags, what they point to, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def hostile() -> Document:
    """Every nasty text as a key, a name and a value of every kind of part."""
    said = [
        seen(
            "runtime",
            kind,
            f"{kind}/{number}/{nasty}",
            {"name": nasty, "version": nasty, "owner": nasty, "title": nasty},
        )
        for kind in (PartKind.SERVER, PartKind.MODEL, PartKind.FINDING, PartKind.AGENT)
        for number, nasty in enumerate(NASTY)
    ]
    return document(fold(said), looks(NOW))


def test_a_page_holds_only_our_own_tags_and_points_nowhere() -> None:
    allowed = set(Page(export(document(fold([]), []))).tags) | set(Page(export(sample())).tags)
    page = Page(export(hostile()))
    assert set(page.tags) <= allowed - {"img", "svg"}
    assert page.tags.count("script") == page.tags.count("style") == page.tags.count("title") == 1
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on") or name in {"src", "srcset", "style", "action"}}
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")


def test_a_page_lets_nothing_load_and_only_its_own_sheets_run() -> None:
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', export(sample()))
    assert "default-src &#x27;none&#x27;" in policy
    assert "unsafe" not in policy
    assert policy.count("sha256-") == 2


def test_a_page_is_small_whatever_a_name_is_long() -> None:
    assert len(export(hostile())) < 400_000
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202e\ud800-\udfff]", export(hostile()))


def test_a_page_says_what_was_not_looked_at_and_who_is_right() -> None:
    text = " ".join(Page(export(sample())).text)
    assert "10.0.1.0/24: the sweep was ended early" in text
    assert "declared is better known than unresolved" in text


def test_an_empty_state_is_a_page_too() -> None:
    assert "None." in export(document(fold([]), []))


@pytest.mark.slow
@pytest.mark.skipif(not BROWSER and not os.environ.get("CI"), reason="no Chromium on this machine")
@pytest.mark.parametrize("state", [sample, hostile])
def test_a_real_browser_shows_it_and_runs_nothing_foreign(state: object, tmp_path: Path) -> None:
    assert callable(state)
    page, picture = tmp_path / "report.html", tmp_path / "report.png"
    page.write_text(export(state()), encoding="utf-8")
    command = [BROWSER, *ALONE, f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1280,1600"]
    command += ["--dump-dom", f"--screenshot={picture}", page.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    dom = Page(shown.stdout)
    assert "<title>AI bill of materials</title>" in shown.stdout, "a foreign script changed the title"
    assert ("hidden", "") not in dom.attributes, "our own script did not run"
    assert "Content Security Policy" not in shown.stderr
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture.stat().st_size > 20_000, "the page is blank"


def test_the_sample_estate_is_shown_as_before() -> None:
    agrees("html/sample.html", export(sample()))


def test_the_document_itself_is_written_as_before() -> None:
    agrees("json/sample.json", exported(sample(), "json"))
