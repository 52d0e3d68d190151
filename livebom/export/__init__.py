"""Ways to write a report: one module per format in this folder, found by walking it."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, cast

from livebom.bom.report import Report


class Exporter(Protocol):
    """What a module of this folder offers."""

    NAME: str
    """The word of `--format`."""
    SUFFIXES: tuple[str, ...]
    """File endings that choose it."""

    def write(self, report: Report, *, everything: bool) -> str:
        """The whole output. `everything` includes open ports that are no AI service."""
        ...  # pragma: no cover


def formats() -> dict[str, Exporter]:
    """Every format by its name."""
    names = sorted(module.name for module in iter_modules(__path__))
    found = [cast("Exporter", import_module(f"{__name__}.{name}")) for name in names]
    return {exporter.NAME: exporter for exporter in found if hasattr(exporter, "NAME")}


def format_of(path: Path) -> str | None:
    """The format a file's ending asks for, None where no format has that ending."""
    return next((name for name, exporter in formats().items() if path.suffix.lower() in exporter.SUFFIXES), None)
