"""Every format writes what its readers expect, and a name of a target stays a name in all of them."""

import json
import re
import struct
import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from livebom.alerts import Alert, wanted
from livebom.alerts.formats import formats, media_type, written
from livebom.alerts.journal import entry
from livebom.alerts.rfc5424 import framed, message
from livebom.bom.alerting import File, Form, Syslog
from livebom.bom.change import Change
from livebom.bom.parts import PartKind
from livebom.bom.service import Severity
from tests.livebom.alerts.made import ORIGIN, SWEEP, alerts, one, policy
from tests.livebom.export.comparisons import CHANGES
from tests.livebom.export.golden import agrees
from tests.livebom.export.hostile import NAMES, comparison
from tests.sample import NOW, sample

SYSLOG = Syslog(url="unix:///dev/log")
names = st.one_of(st.text(max_size=60), st.text('|=\\]"\r\n <>&@`*_~[]{}\x00\x1b\u202e', max_size=60))


def some() -> list[Alert]:
    """An alert of each kind."""
    [digest] = alerts(rules=policy(soc=File(path="/x", digest_over=1)))
    return [*alerts(), digest, *wanted((), policy(), sample().graph, sweep=SWEEP, at=NOW)]


def of(name: str) -> Alert:
    """An alert with that name everywhere."""
    return alerts(comparison(name).changes)[0]


@pytest.mark.parametrize("form", sorted(formats()))
def test_what_a_format_writes_is_the_golden_file(form: str) -> None:
    agrees(f"alerts/{form}", "".join(written(alert, form, ORIGIN) + "\n" for alert in some()))


def test_what_syslog_is_told_is_the_golden_file() -> None:
    agrees("alerts/syslog", "".join(message(alert, SYSLOG, ORIGIN).decode() + "\n" for alert in some()))


def test_every_format_of_a_sink_is_there() -> None:
    assert {form.value for form in Form} | {"slack"} == set(formats())
    assert all(media_type(form).count("/") == 1 for form in formats())


@pytest.mark.parametrize("form", sorted(formats()))
@given(name=names)
def test_no_name_breaks_a_line_or_moves_a_cursor(form: str, name: str) -> None:
    line = written(of(name), form, ORIGIN)
    hidden = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert {character for character in line if unicodedata.category(character) in hidden} == set()


@pytest.mark.parametrize("form", ["json", "cloudevents", "ocsf", "slack"])
@given(name=names)
def test_json_is_ascii_and_says_the_name_as_it_is(form: str, name: str) -> None:
    text = written(of(name), form, ORIGIN)
    assert text.isascii()
    tree = json.loads(text)
    change = {"json": lambda: tree["change"], "cloudevents": lambda: tree["data"]["change"]}
    if form in change:
        assert change[form]()["key"] == name.encode("utf-8", "replace").decode()


def parsed_cef(line: str) -> tuple[list[str], dict[str, str]]:
    """A reader of CEF by its standard: header by bare pipes, values up to the next ` key=`."""
    *header, extension = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    pairs = re.split(r"(?:^| )([A-Za-z0-9]+)(?<!\\)=", extension)[1:]
    values = {key: re.sub(r"\\(.)", r"\1", value) for key, value in zip(pairs[::2], pairs[1::2], strict=True)}
    return header, values


@given(name=names)
def test_cef_keeps_its_fields_apart(name: str) -> None:
    header, values = parsed_cef(written(of(name), "cef", ORIGIN))
    plain_header, plain_values = parsed_cef(written(of("plain"), "cef", ORIGIN))
    assert header == plain_header
    assert set(values) <= set(plain_values)
    assert values["externalId"] == of(name).id
    assert values["dvchost"] == ORIGIN


def test_cef_escapes_pipes_in_the_header_and_equals_signs_in_values() -> None:
    line = written(structs.replace(one(name="a=b|c\\d\ne"), title="x|y\\z"), "cef", ORIGIN)
    assert line.startswith("CEF:0|livebom|livebom|")
    assert r"|auth.removed|x\|y\\z|10|" in line
    assert r"a\=b|c\\d\\u{a}e" in line
    long = written(one(why=("=" * 500,) * 20), "cef", ORIGIN)
    [why] = re.findall(r"cs5=(.*?) cs6Label", long)
    assert len(why) <= 1023
    assert re.fullmatch(r"(?:[^\\=]|\\.)*", why)


DATA = re.compile(r'\[livebom@32473((?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")+)\]')


@given(name=names)
def test_structured_data_of_syslog_is_one_element(name: str) -> None:
    text = message(of(name), SYSLOG, ORIGIN).decode()
    head = re.match(r"<(\d+)>1 (\S+Z) scanner\.example livebom - agent\.tool_added ", text)
    assert head
    assert int(head[1]) == 16 * 8 + 3
    data = DATA.match(text, head.end())
    assert data
    values = dict(re.findall(r' ([a-z]+)="((?:[^"\\\]]|\\.)*)"', data[1]))
    assert values["id"] == of(name).id
    assert text[data.end() :].lstrip("\ufeff ").startswith("HIGH: ")


def test_syslog_marks_what_is_not_ascii_and_counts_octets() -> None:
    assert b"\xef\xbb\xbf" not in message(one(), SYSLOG, ORIGIN)
    whole = message(one(name="gr\u00fcn"), SYSLOG, ORIGIN)
    assert b"] \xef\xbb\xbfCRITICAL: " in whole
    count, _, rest = framed(whole).partition(b" ")
    assert (int(count), rest) == (len(whole), whole)
    assert message(one(), SYSLOG, "ho st\n\u00e9").split()[2] == b"host"


CODE = re.compile(r"`[^`]*`")


@given(name=names.filter(bool))
def test_slack_has_no_mention_link_or_markup_of_a_target(name: str) -> None:
    told = json.loads(written(of(name), "slack", ORIGIN))
    text = told["text"]
    assert not re.search(r"<|>|&(?!(?:amp|lt|gt);)", text)
    assert not re.search(r"(?<![A-Za-z0-9])@", text)
    ours = CODE.sub("", text)
    assert ours == CODE.sub("", json.loads(written(of("plain"), "slack", ORIGIN))["text"])
    assert (told["link_names"], told["unfurl_links"], told["parse"]) == (0, False, "none")


@pytest.mark.parametrize("name", ["<!channel>", "@channel", "x @here y", "<@U123>", "<http://evil.example|ok>"])
def test_slack_calls_nobody(name: str) -> None:
    text = json.loads(written(one(name=name, key=name), "slack", ORIGIN))["text"]
    assert name not in text
    assert "@channel" not in text
    assert "@here" not in text


@given(name=names)
def test_a_journal_entry_has_its_fields_and_no_others(name: str) -> None:
    data, fields = entry(of(name), ORIGIN), {}
    while data:
        key, _, rest = data.partition(b"\n")
        (size,) = struct.unpack("<Q", rest[:8])
        fields[key.decode()] = rest[8 : 8 + size].decode()
        assert rest[8 + size : 9 + size] == b"\n"
        data = rest[9 + size :]
    assert fields["PRIORITY"] == "3"
    assert fields["LIVEBOM_EVENT"] == "agent.tool_added"
    assert "\n" not in fields["MESSAGE"]
    assert json.loads(fields["LIVEBOM_ALERT"])["id"] == of(name).id
    assert all(re.fullmatch(r"[A-Z][A-Z_]*", key) for key in fields)


def test_a_megabyte_of_a_name_is_cut_in_every_format() -> None:
    for form in formats():
        assert len(written(of(NAMES["endless"]), form, ORIGIN)) < 64 * 1024


def ocsf(change: Change) -> dict[str, object]:
    tree: dict[str, object] = json.loads(written(alerts([change])[0], "ocsf", ORIGIN))
    return tree


REQUIRED = {
    *("activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid"),
}
"""Of detection_finding and what it extends, at schema 1.5.0."""
KNOWN = REQUIRED | {
    *("activity_name", "category_name", "class_name", "type_name", "severity", "status", "status_id", "is_alert"),
    *("message", "confidence", "confidence_id", "resources", "unmapped"),
}


def test_ocsf_has_what_its_class_requires_and_nothing_unknown() -> None:
    for alert in some():
        tree = json.loads(written(alert, "ocsf", ORIGIN))
        assert set(tree) >= REQUIRED
        assert set(tree) <= KNOWN
        assert tree["type_uid"] == tree["class_uid"] * 100 + tree["activity_id"]
        assert tree["metadata"]["version"] == "1.5.0"
        assert tree["finding_info"]["uid"]


def test_ocsf_closes_the_finding_it_opened() -> None:
    finding = structs.replace(
        CHANGES[0], event="finding.opened", kind=PartKind.FINDING, part=UUID(int=77), severity=Severity.HIGH
    )
    opened, closed = ocsf(finding), ocsf(structs.replace(finding, event="finding.closed"))
    assert opened["finding_info"]["uid"] == closed["finding_info"]["uid"] == str(UUID(int=77))  # type: ignore[index]
    assert (opened["activity_id"], opened["status_id"], opened["is_alert"]) == (1, 1, True)
    assert (closed["activity_id"], closed["status_id"], closed["is_alert"]) == (3, 4, False)


def test_a_cloudevent_has_its_attributes() -> None:
    tree = json.loads(written(one(key="a\nb"), "cloudevents", "scan ner/x"))
    assert tree["specversion"] == "1.0"
    assert tree["type"] == "livebom.auth.removed"
    assert tree["source"] == "//scan%20ner%2Fx/livebom"
    assert tree["subject"] == "a\\u{a}b"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", tree["time"])
    assert tree["data"]["change"]["key"] == "a\nb"
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in tree)
