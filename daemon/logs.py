"""The daemon's log on stderr: lines of JSON for the journal, and lines for people on a terminal."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

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
    """Values may come from a target: nothing in them may move a cursor; only a traceback of ours has several lines."""
    return {key: _safe_value(value) if key == "exception" else _safe_line(value) for key, value in event.items()}


def _safe_value(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return (
        "\n".join(safe_text(line, 4000) for line in value.split("\n"))
        if "Traceback" in value
        else safe_text(value, 4000)
    )


def _safe_line(value: Any) -> Any:
    return safe_text(value, 4000) if isinstance(value, str) else value
