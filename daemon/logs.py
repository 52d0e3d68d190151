"""The daemon's log on stderr: lines of JSON for the journal, and lines for people on a terminal."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from livebom.bom.redact import redact
from livebom.bom.text import safe_text


def configure(*, verbose: bool = False) -> None:
    """Log what happens, and with `verbose` also what is looked at; what other libraries say goes the same way."""
    level = logging.DEBUG if verbose else logging.INFO
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _safe,
    ]
    people = sys.stderr.isatty()
    last: Any = structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer(default=str)
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def _safe(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Values may come from a target: none may move a cursor or hold a key; only a traceback has several lines."""
    return {key: _safe_value(value) if key == "exception" else _safe_line(value) for key, value in event.items()}


def _safe_value(value: Any) -> Any:
    """A traceback is indented: a text in it that looks like a line of the log does not stand where one would."""
    if not isinstance(value, str):
        return value
    return (
        "\n".join(f"    {safe_text(line, 4000)}" for line in redact(value, None).split("\n"))
        if "Traceback" in value
        else _safe_line(value)
    )


def _safe_line(value: Any) -> Any:
    return safe_text(redact(value, None), 4000) if isinstance(value, str) else value
