"""What a policy may say of sinks and alerts, and where a mistake in it is told."""

import re
from pathlib import Path

import pytest

from livebom import HOUSE
from livebom.bom.alerting import Slack, Splunk, Syslog
from livebom.bom.policy import Policy
from livebom.settings import DataError, parse


def read(text: str) -> Policy:
    return parse(text.encode(), Policy, "policy.yaml")[0]


def told(text: str) -> str:
    with pytest.raises(DataError) as caught:
        read(text)
    return str(caught.value)


def sink(*lines: str) -> str:
    return "sinks:\n  x:\n" + "".join(f"    {line}\n" for line in lines)


def test_the_example_of_the_configuration_is_read_when_its_marks_are_taken_away() -> None:
    lines = (Path(HOUSE) / "config" / "policy.yaml").read_text(encoding="utf-8").splitlines()
    begins = next(number for number, line in enumerate(lines) if line.startswith("# sinks:"))
    example = read("\n".join(line[2:] for line in lines[begins:] if re.match(r"# (?: |\w+:$)", line)))
    assert {type(one).__name__ for one in example.sinks.values()} == {
        *("Webhook", "Slack", "Splunk", "Syslog", "Journald", "File"),
    }
    assert {name for rule in example.alerts for name in rule.sinks} == set(example.sinks)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("kind: webhook", "url: http://soc.example/", "key: {environment: K}"), "write https://"),
        (("kind: webhook", "url: https://a:b@soc.example/", "key: {environment: K}"), "neither credentials"),
        (("kind: slack", "url: https://hooks.example/?token=x"), "nor a query"),
        (("kind: slack", "url: ftp://hooks.example/"), "begins with https://"),
        (("kind: slack", "url: https:///x"), "names a host"),
        (("kind: slack", 'url: "https://h\u00f6ks.example/"'), "plain ASCII"),
        (("kind: webhook", "url: https://soc.example/"), "`key` is missing"),
        (("kind: webhook", "url: https://soc.example/", "key: secret-itself"), "policy.yaml:5:10"),
        (("kind: webhook", "url: https://soc.example/", "key: {environment: K, file: /k}"), "one of `file`"),
        (("kind: syslog", "url: tls://logs.example"), "write the port"),
        (("kind: syslog", "url: unix://log"), "unix:///dev/log"),
        (("kind: syslog", "url: tcp://logs.example:601/x"), "has no path"),
        (("kind: syslog", "url: tcp://logs.example:601", "facility: nope"), "`facility` is one of"),
        (("kind: file", "path: alerts.jsonl"), "policy.yaml:4:11"),
        (("kind: file", "path: /a", "fromat: json"), "did you mean `format`?"),
        (("kind: pager", "url: x"), "policy.yaml:3:11"),
    ],
)
def test_a_mistake_is_told_with_its_place(lines: tuple[str, ...], words: str) -> None:
    assert words in told(sink(*lines))


def test_a_rule_names_sinks_that_are_there() -> None:
    assert "names the sink `nope`; `sinks` has none" in told("alerts:\n  - sinks: [nope]\n")
    assert "alerts[0].sinks" in told("alerts:\n  - sinks: []\n")


@pytest.mark.parametrize("host", ["localhost:8088", "127.0.0.1:8088", "[::1]:8088"])
def test_http_may_go_to_this_host(host: str) -> None:
    assert isinstance(read(sink("kind: splunk", f"url: 'http://{host}'", "token: {file: /t}")).sinks["x"], Splunk)


@pytest.mark.parametrize("host", ["127.0.0.1.example", "localhost.example", "10.0.0.1", "[::2]"])
def test_http_may_go_nowhere_else(host: str) -> None:
    assert "this host only" in told(sink("kind: slack", f"url: 'http://{host}/'"))


def test_sinks_come_with_what_suits_them() -> None:
    text = sink("kind: slack", "url: https://hooks.example") + "  y: {kind: syslog, url: 'unix:///dev/log'}\n"
    slack, syslog = read(text).sinks.values()
    assert isinstance(slack, Slack)
    assert isinstance(syslog, Syslog)
    assert (slack.digest_over, slack.per_minute) == (10, 50)
    assert syslog.digest_over == 10_000
