"""An alert as the body of an incoming webhook of Slack, Mattermost and their like (`slack`)."""

import re

from livebom.alerts.alert import Alert
from livebom.alerts.encoding import ascii_json
from livebom.alerts.words import safe, sentence
from livebom.bom.service import Severity

NAME = "slack"
MEDIA_TYPE = "application/json"

_SIGNS = {
    Severity.CRITICAL: ":red_circle:",
    Severity.HIGH: ":large_orange_circle:",
    Severity.MEDIUM: ":large_yellow_circle:",
    Severity.LOW: ":large_blue_circle:",
    Severity.INFO: ":white_circle:",
}
_MENTION = re.compile(r"(?<![A-Za-z0-9])@")


def write(alert: Alert, origin: str) -> str:
    """One text of mrkdwn; nothing in it unfolds, and nothing that a target said is a mention, a link or markup."""
    told = sentence(alert.change, _quoted).replace(" -> ", " \u2192 ") if alert.change else _escaped(alert.text)
    lines = "".join(f"\n\u2022 {_code(line)}" for line in alert.lines)
    message = {
        "text": f"{_SIGNS[alert.severity]} *{alert.severity.upper()}* {told}{lines}\n_livebom on_ {_quoted(origin)}",
        "mrkdwn": True,
        "parse": "none",
        "link_names": 0,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    return ascii_json(message)


def _quoted(text: str) -> str:
    return _code(safe(text)) if text else ""


def _code(text: str) -> str:
    """A safe text as code, in which nothing is read as markup; a backtick, which would end it, is another quote."""
    return f"`{_escaped(text).replace('`', chr(39))}`"


def _escaped(text: str) -> str:
    """`&<>` as entities (api.slack.com/reference/surfaces/formatting), and an `@` that begins a mention made wide.

    Mattermost and others read `@channel` and `@all` as mentions where Slack would not.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MENTION.sub("\uff20", text)
