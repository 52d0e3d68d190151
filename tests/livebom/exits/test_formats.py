"""Every format of every registry: nothing that a target said breaks it, moves a cursor in it or hides in it.

The registries are walked, so that a format without a reader in the tables below fails here.
"""

import unicodedata
from typing import Any

import msgspec
import pytest

from livebom.alerts.alert import Alert
from livebom.alerts.carrying import carrier
from livebom.alerts.formats import formats as alert_formats
from livebom.alerts.journal import entry
from livebom.alerts.requests import request_for
from livebom.alerts.rfc5424 import message
from livebom.bom.alerting import File, Form, Journald, SecretFrom, Sink, Slack, Splunk, Syslog, Webhook
from livebom.bom.observation import Outcome
from livebom.bom.report import Report
from livebom.bom.service import Auth, Finding, Layer, ServedModel, Service, Severity, TlsFacts, Verdict
from livebom.export import formats
from livebom.export.changes import formats as change_formats
from tests.livebom.alerts.made import ORIGIN, alerts
from tests.livebom.exits import parsing as read
from tests.livebom.export.hostile import NAMES, comparison, estate, hidden, plain
from tests.sample import NOW

STATES: dict[str, read.Shape] = {
    "csv": read.sheet,
    "cyclonedx-1.6": read.any_json,
    "cyclonedx-1.7": read.any_json,
    "dot": read.dot,
    "graphml": read.graphml,
    "html": read.page,
    "json": read.any_json,
    "markdown": read.markdown,
    "sarif": read.any_json,
    "spdx-3.0": read.any_json,
}
REPORTS: dict[str, read.Shape] = {"json": read.any_json, "jsonl": read.json_lines, "table": read.screen}
CHANGES: dict[str, read.Shape] = {
    "json": read.any_json,
    "markdown": read.markdown,
    "sarif": read.any_json,
    "table": read.one_line,
}
ALERTS: dict[str, read.Shape] = {
    "cef": read.cef,
    "cloudevents": read.any_json,
    "json": read.any_json,
    "ocsf": read.any_json,
    "slack": read.any_json,
    "text": read.one_line,
}
KEY = SecretFrom(environment="KEY")
SINKS: dict[type[Sink], tuple[Any, read.Shape]] = {
    Webhook: (Webhook(url="https://soc.example/", key=KEY), read.any_json),
    Slack: (Slack(url="https://soc.example/"), read.any_json),
    Splunk: (Splunk(url="https://soc.example/", token=KEY, format=Form.CEF), read.any_json),
    Syslog: (Syslog(url="unix:///dev/log"), read.syslog),
    Journald: (Journald(), read.one_line),
    File: (File(path="/var/log/x", format=Form.TEXT), read.one_line),
}
ONE = "".join(text for name, text in NAMES.items() if name not in {"endless", "surrogate", "lines"})
"""All that a name tries on one line; the default tier tries this, the slow one each name alone."""
TRIED = ONE + NAMES["lines"]
ALONE = pytest.mark.parametrize(
    "name", [TRIED, *(pytest.param(text, marks=pytest.mark.slow) for text in NAMES.values())],
    ids=["all", *(f"only {name}" for name in NAMES)],
)  # fmt: skip


def report(name: str) -> Report:
    """What a sweep would tell of one service that says the name everywhere."""
    service = Service(
        host="192.0.2.1",
        port=80,
        name=name,
        base_path=name,
        scheme="http",
        product=name,
        version=name,
        version_source=name,
        stack=(Layer(product=name, role=name, score=1.0, evidence=(name,)),),
        auth=Auth.NONE,
        models=(ServedModel(name=name, digest=name, quantization=name, path=name, license=name),),
        findings=(
            Finding(
                id=name,
                title=name,
                severity=Severity.HIGH,
                state=Verdict.FAIL,
                evidence=(name,) * 4,
                remediation=name,
            ),
        ),
        tls=TlsFacts(subject=name, issuer=name, names=(name,)),
        owner=name,
        conflict=(name,),
        outcome=Outcome.OK,
        at=NOW,
    )
    state = estate(name) if "\ud800" not in name else plain(name)
    return Report(
        sweep="1", scope=(name,), started=NOW, ended=NOW, complete=False, services=(service,), graph=state.graph,
        observations=(), changes=comparison(name), not_seen=(name,), paths=(name,),
    )  # fmt: skip


def clean(text: str, *ends: str) -> str:
    """The text, which holds no character that draws nothing or reorders what is drawn."""
    assert hidden(text) - set(ends) == set()
    text.encode()  # nor half a character
    return text


@pytest.mark.parametrize("form", sorted(formats("export")))
@ALONE
def test_a_state(form: str, name: str) -> None:
    ends = "\r" if form == "csv" else ""
    text, ours = (formats("export")[form].export(it) for it in (estate(name), plain(name)))
    shape = STATES[form]
    assert shape(clean(text, *ends)) == shape(ours)


@pytest.mark.parametrize("form", sorted(formats("write")))
@ALONE
def test_a_report(form: str, name: str) -> None:
    shape, write = REPORTS[form], formats("write")[form].write
    assert shape(clean(write(report(name), everything=True))) == shape(write(report("plain"), everything=True))


@pytest.mark.parametrize("form", sorted(change_formats()))
@ALONE
def test_a_comparison(form: str, name: str) -> None:
    shape, write = CHANGES[form], change_formats()[form].write
    assert shape(clean(write(comparison(name)))) == shape(write(comparison("plain")))


def alert(name: str) -> Alert:
    return alerts(comparison(name).changes)[0]


@pytest.mark.parametrize("form", sorted(alert_formats()))
@ALONE
def test_an_alert(form: str, name: str) -> None:
    shape, write = ALERTS[form], alert_formats()[form].write
    text = clean(write(alert(name), ORIGIN))
    assert "\n" not in text
    assert len(text) < 32_000, "receivers refuse what is long"
    assert shape(text) == shape(write(alert("plain"), ORIGIN))


def body(sink: Any, name: str) -> str:
    """What that sink is sent; of the journal what it makes of it: its fields, without their lengths."""
    match sink:
        case Webhook() | Slack() | Splunk():
            return request_for(sink, alert(name), NOW, {"KEY": "k" * 32}, ORIGIN).body.decode()
        case Syslog():
            return message(alert(name), sink, ORIGIN).decode()
        case Journald():
            return journal(entry(alert(name), ORIGIN))
        case _:
            text: str = alert_formats()[sink.format].write(alert(name), ORIGIN)
            return text


def journal(data: bytes) -> str:
    """Reads an entry by journald's native protocol; MESSAGE is what a terminal is shown."""
    fields: dict[str, str] = {}
    while data:
        name, _, rest = data.partition(b"\n")
        size = int.from_bytes(rest[:8], "little")
        fields[name.decode()], data = rest[8 : 8 + size].decode(), rest[8 + size :]
        assert data[:1] == b"\n"
        data = data[1:]
    assert {"MESSAGE", "MESSAGE_ID", "PRIORITY"} <= set(fields)
    assert all(name.replace("_", "").isalnum() and name.isupper() for name in fields)
    return fields["MESSAGE"]


@pytest.mark.parametrize("kind", Sink.__args__)
@ALONE
def test_a_sink(kind: type[Sink], name: str) -> None:
    sink, shape = SINKS[kind]
    assert carrier(sink, {}, ORIGIN) is not None
    text = body(sink, name).replace("\ufeff", "", 1)
    assert shape(clean(text)) == shape(body(sink, "plain"))


def test_what_is_looked_for_is_what_hurts() -> None:
    tried = "".join(text[:1000] for text in NAMES.values())
    for nasty in ("\x1b", "\x9b", "\x07", "\x00", "\u202e", "\u2066", "\u200b", "\ud800", "\r", "\n", "\u2028"):
        assert nasty in tried
        assert nasty == "\n" or hidden(f"a{nasty}b") == {nasty}
    for nasty in ("=HYPERLINK", "@SUM", "<script>", "](http", "![", "|", "\x1b]0;"):
        assert nasty in tried
    assert max(map(len, NAMES.values())) == 1_000_000
    assert unicodedata.unidata_version >= "14"
    assert msgspec.json.encode(ONE)
