"""docs/changes.md says what the code does: its table is the table of events, and every example's output is real."""

import re

import pytest

from livebom.bom.events import EVENTS
from livebom.bom.events.rules import RULES
from tests.livebom.bom import changes_page

TEXT = changes_page.PAGE.read_text(encoding="utf-8")
EXAMPLES = {
    section.split("\n")[0].removeprefix("### "): section
    for section in changes_page.sections(TEXT)
    if "```output\n" in section
}


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_prints_what_stands_on_the_page(title: str) -> None:
    stands = re.search(r"^```output\n(.*?)^```$", EXAMPLES[title], re.MULTILINE | re.DOTALL)
    assert stands
    assert changes_page.output(EXAMPLES[title]) == stands[1], "python -m tests.livebom.bom.changes_page"


def test_the_table_is_the_table_of_events() -> None:
    assert changes_page.table() in TEXT, "python -m tests.livebom.bom.changes_page"


@pytest.mark.parametrize("event", [event.name for event in EVENTS])
def test_every_event_has_an_example_that_tells_it(event: str) -> None:
    assert re.search(rf"^\w+ +{re.escape(event)} ", changes_page.output(EXAMPLES[event]), re.MULTILINE)


def test_rules_and_events_name_each_other() -> None:
    names = [event.name for event in EVENTS]
    assert {rule.event for rule in RULES} == set(names)
    assert names == sorted(set(names))
