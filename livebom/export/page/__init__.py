"""The frame of an HTML page that stands alone: style and script inside it, and nothing else may load or run."""

import base64
import hashlib
from functools import cache
from html import escape
from importlib import resources

from livebom.bom.text import safe_text


def text(words: str, longest: int = 512) -> str:
    """Foreign words as the text of an element or of a quoted attribute."""
    return escape(safe_text(words, longest), quote=True)


def page(title: str, body: str) -> str:
    """The whole document; `body` is ready HTML whose foreign words all went through `text`."""
    style, script = _sheet("sheet.css"), _sheet("sheet.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{_digest(style)}'",
            f"script-src 'sha256-{_digest(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy, quote=True)}">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


@cache
def _sheet(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(sheet: str) -> str:
    """What a Content-Security-Policy names an inline sheet by (CSP Level 3, 2.3.1: hash-source)."""
    return base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
