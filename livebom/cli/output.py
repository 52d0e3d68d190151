"""Where a report goes: stdout or a file that is written whole and then renamed."""

import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from livebom.bom.report import Report
from livebom.export import format_of, table, written


def emit(report: Report, form: str | None, path: Path | None, *, everything: bool, color: bool) -> None:
    """Write the report in that form; without one, the path's suffix chooses, else it is a table.

    Raises OSError where the file cannot be written; then nothing is left half-written.
    """
    form = form or (format_of(path) if path else None) or table.NAME
    if path is None and form == table.NAME and sys.stdout.isatty():
        Console(no_color=not color, highlight=False, markup=False, emoji=False).print(
            table.rendered(report, everything=everything)
        )
    else:
        deliver(written(report, form, everything=everything), path)


def deliver(text: str | Iterable[str], path: Path | None) -> None:
    """Write the text or its pieces to the file, whole, or to stdout. Raises OSError where that cannot be written."""
    if path is not None:
        write_whole(path, text)
    else:
        sys.stdout.writelines(_pieces(text))
        sys.stdout.flush()


def write_whole(path: Path, text: str | Iterable[str]) -> None:
    """Write beside the path and rename, so that a reader sees the old file or the new one."""
    write_whole_bytes(path, (piece.encode("utf-8", "backslashreplace") for piece in _pieces(text)))


def write_whole_bytes(path: Path, pieces: Iterable[bytes]) -> None:
    """The same of what is no text, in pieces."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.writelines(pieces)
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _pieces(text: str | Iterable[str]) -> Iterable[str]:
    return (text,) if isinstance(text, str) else text
