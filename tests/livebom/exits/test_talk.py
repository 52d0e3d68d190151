"""What is said beside the data: logs, messages, progress, the daemon's lines and its metrics, of hostile texts."""

import io
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from msgspec import structs

import daemon.logs
import livebom.cli.logs
from daemon.metrics import _many
from daemon.wire import Event, SweepState
from livebom.bom.service import Finding, Severity, Verdict
from livebom.cli.answer import _sheet
from livebom.cli.errors import complain
from livebom.cli.following import told
from livebom.cli.listing import print_rows
from livebom.export.encoding import line
from livebom.store import Answer
from tests.livebom.exits import parsing as read
from tests.livebom.exits.test_formats import ALONE, clean
from tests.livebom.export.hostile import comparison

AT = datetime(2026, 11, 21, tzinfo=UTC)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal, or that it is none."""

    def __init__(self, *, people: bool) -> None:
        super().__init__()
        self.people = people

    def isatty(self) -> bool:
        return self.people


def logged(configure: Any, monkeypatch: pytest.MonkeyPatch, name: str, *, people: bool) -> str:
    """What that log writes of an event, and of an error that wear the name."""
    out = Terminal(people=people)
    root, its = logging.getLogger(), logging.getLogger("asyncio")
    kept = root.handlers[:], root.level
    root.handlers[:] = []  # pytest's own would send a half surrogate from a worker to its master
    monkeypatch.setattr(logging, "lastResort", None)
    monkeypatch.setattr(sys, "stderr", out)
    try:
        configure()
        log = structlog.get_logger()
        log.warning(
            "seen",
            name=name,
            many=[name],
            pair=(name, {"k": name}),
            error=ValueError(name),
            raw=name.encode("utf-8", "replace"),
        )
        try:
            raise OSError(5, name, name)
        except OSError:
            log.exception("failed", name=name)
        its.warning("of a library: %s", name)
    finally:
        root.handlers[:], root.level = kept
        structlog.reset_defaults()
    return out.getvalue()


@ALONE
def test_lines_of_json_for_the_journal(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    text = clean(logged(daemon.logs.configure, monkeypatch, name, people=False))
    assert len(text.splitlines()) == 3
    assert [json.loads(one)["event"][:6] for one in text.splitlines()] == ["seen", "failed", "of a l"]


@ALONE
def test_lines_for_people(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A console colours its own words with escape codes of one kind; only a traceback of ours has several lines."""
    text = logged(daemon.logs.configure, monkeypatch, name, people=True)
    ours = logged(daemon.logs.configure, monkeypatch, "plain", people=True)
    clean(text.replace("\x1b[", ""))
    assert text.count("\x1b") == ours.count("\x1b")
    heads = [one for one in text.split("\n") if one and not one.startswith("    ")]
    assert len(heads) == sum(not one.startswith("    ") for one in ours.splitlines()) == 3


@ALONE
def test_the_log_of_the_command_line(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert len(clean(logged(livebom.cli.logs.configure, monkeypatch, name, people=False)).splitlines()) >= 3


@ALONE
def test_messages_events_and_rows(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert complain(name.replace("\n", ""), 2) == 2
    finding = Finding(id=name, title=name, severity=Severity.HIGH, state=Verdict.FAIL)
    change = comparison(name).changes[0]
    events = [
        Event(event="state", at=AT, sweep="1", state=SweepState.FAILED, said=name),
        Event(event="service", at=AT, key=name, product=name, version=name, findings=(finding,)),
        Event(event="change", at=AT, change=change),
    ]
    for one in events:
        assert len(clean(told(one)).splitlines()) == 1
        read.any_json(clean(line(one)))
    row = {"name": name, "many": [name, name], "at": AT, "none": None}
    for form in ("table", "json", "jsonl"):
        print_rows([row], form, list(row))
    out, err = capsys.readouterr()
    clean(out)
    assert len(clean(err).splitlines()) == len(name.replace("\n", "").splitlines())
    assert read.sheet(clean(_sheet(Answer(tuple(row), (tuple(row.values()),))), "\r")) == 2


@ALONE
def test_a_label_of_a_metric(name: str) -> None:
    text = "\n".join(_many("livebom_x", "gauge", "What.", "state", {name: 1, "plain": 2}))
    assert len(read.prometheus(clean(text))) == 2  # type: ignore[arg-type]


def test_a_reader_of_metrics_refuses_what_is_broken() -> None:
    for broken in ('a{b="c"d"} 1', 'a{b="\n"} 1', "a b", 'a{b="c"} 1\na{b="c"} 2'):
        with pytest.raises(AssertionError):
            read.prometheus(broken)


def test_an_order_with_a_hostile_field_is_told_the_same() -> None:
    assert "\x1b" not in told(structs.replace(Event(event="state", at=AT), sweep="\x1b[2J", state=SweepState.DONE))
