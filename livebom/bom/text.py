"""Names that come from a target, made fit for people: nothing in them may move a cursor, hide or pretend."""

import hashlib
import unicodedata

LONGEST = 512

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that draw nothing or reorder what is drawn: controls, formats, surrogates, private, separators."""


def safe_text(text: str, longest: int = LONGEST) -> str:
    r"""The text with every hidden character written as `\u{...}` and every backslash that could fake one doubled.

    Longer text is cut and ends in the first digits of its SHA-256, so two long names stay two names.
    """
    if len(text) > longest:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        text = f"{text[: longest - 16]}...#{digest}"
    if text.isascii() and text.isprintable() and "\\u{" not in text:
        return text
    return "".join(_shown(character) for character in text.replace("\\u{", "\\\\u{"))


def _shown(character: str) -> str:
    return f"\\u{{{ord(character):x}}}" if unicodedata.category(character) in _HIDDEN else character
