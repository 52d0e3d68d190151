"""The worked timeline of docs/changes.md as data: a store that is told its looks, and what `livebom changes` prints.

`python -m tests.livebom.cli.timeline` rewrites the page.
"""

import re
import tempfile
from datetime import datetime
from pathlib import Path

import msgspec
from click.testing import CliRunner

from livebom.bom.policy import Policy
from livebom.cli import main
from livebom.store import Store, SweepRow, Told
from tests.livebom.bom.changes_page import PAGE, state

GONE_AFTER = 2


def section(page: str) -> str:
    """The timeline's part of the page."""
    return re.search(r"^## A timeline$.*?(?=^## )", page, re.MULTILINE | re.DOTALL)[0]  # type: ignore[index]


def block(name: str, text: str) -> str:
    """What stands in the fence of that name."""
    return re.search(rf"^```{name}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]  # type: ignore[index]


def fill(path: Path, text: str) -> None:
    """The looks of the timeline, each ended as a turn ends it."""
    policy = msgspec.yaml.decode(block("policy", text), type=Policy)
    with Store.open(path) as store:
        for number, words in enumerate(re.split(r"^at ", block("timeline", text), flags=re.MULTILINE)[1:], start=1):
            head, _, saw = words.partition("\n")
            time, how = head.split()
            at, complete, sweep = datetime.fromisoformat(time), how == "complete", f"look-{number}"
            seen, before = state(saw, at).graph, store.document()
            store.begin_sweep(SweepRow(id=sweep, started_at=at))
            with store.together():
                covered = bool if complete else _nothing
                store.settle(seen, sweep_id=sweep, seen_at=at, covered=covered, gone_after=GONE_AFTER)
                store.end_sweep(sweep, at, complete=complete, tally={})
                if before.looks:
                    store.tell(before, seen, Told(sweep_id=sweep, policy=policy, today=at.date()))


def _nothing(_: object) -> bool:
    return False


def printed(path: Path, text: str) -> str:
    """What the command of the page prints of that store."""
    command = re.search(r"^`livebom (changes [^`]+)`", text, re.MULTILINE)[1].split()  # type: ignore[index]
    result = CliRunner().invoke(main, [*command, "--db", str(path)], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def _rewritten(page: str) -> str:
    text = section(page)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "timeline.duckdb"
        fill(path, text)
        told = printed(path, text)
    return page.replace(text, text.replace(f"```told\n{block('told', text)}", f"```told\n{told}"))


if __name__ == "__main__":
    PAGE.write_text(_rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
