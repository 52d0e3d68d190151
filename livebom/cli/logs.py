"""Logging for the command line: to stderr, one line an event, values made safe."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from livebom.bom.redact import redact
from livebom.bom.text import safe_text


def configure(*, quiet: bool = False, verbose: bool = False) -> None:
    """Log warnings and worse; nothing but errors with `quiet`, everything with `verbose`."""
    logging.lastResort = _Foreign(logging.WARNING)
    level = logging.ERROR if quiet else logging.DEBUG if verbose else logging.WARNING
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _safe,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


class _Foreign(logging.Handler):
    """What libraries log, on the standard error of that moment, made safe as our own lines are."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stderr.write(f"{safe_text(redact(self.format(record), None), 4000)}\n")


def _safe(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Values may come from a target: nothing in them may move a cursor, fake a line or hold a key."""
    return {
        key: safe_text(redact(value, None), 4000) if isinstance(value, str) else value for key, value in event.items()
    }
