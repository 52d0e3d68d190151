"""Ways to write a state: one module per format in this folder, found by walking it."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from livebom.bom.document import Document
from livebom.bom.report import Report, document_of

# A format is a module with NAME (the word of `--format`), SUFFIXES (file endings that choose it) and at least one of
#   write(report: Report, *, everything: bool) -> str     for what `discover` tells and no document holds
#   export(document: Document) -> str                     for any state: a file's, a sweep's, last-good
# and, where that text is large, pieces(document: Document) -> Iterator[str] that yields it bit by bit.
# Both are pure: equal input gives equal bytes. Such a module imports what is heavy only inside its functions.


def formats(kind: str = "") -> dict[str, ModuleType]:
    """Every format by its name; with `kind`, only those that have that function."""
    names = sorted(module.name for module in iter_modules(__path__) if not module.ispkg)
    found = [import_module(f"{__name__}.{name}") for name in names]
    return {one.NAME: one for one in found if hasattr(one, "NAME") and hasattr(one, kind or "NAME")}


def format_of(path: Path) -> str | None:
    """The format a file's ending asks for (`.cdx.json` before `.json`), None where no format has that ending."""
    endings = {suffix: name for name, one in formats().items() for suffix in one.SUFFIXES}
    fitting = [suffix for suffix in endings if path.name.lower().endswith(suffix)]
    return endings[max(fitting, key=len)] if fitting else None


def written(report: Report, form: str, *, everything: bool) -> Iterable[str]:
    """What `discover` found, in that format, bit by bit."""
    one = formats()[form]
    if hasattr(one, "write"):
        return (one.write(report, everything=everything),)
    return pieces(document_of(report), form)


def pieces(document: Document, form: str) -> Iterable[str]:
    """A state in that format, bit by bit. Raises KeyError for a format that holds no state."""
    one = formats("export")[form]
    return one.pieces(document) if hasattr(one, "pieces") else (one.export(document),)


def exported(document: Document, form: str) -> str:
    """A state in that format. Raises KeyError for a format that holds no state."""
    text: str = formats("export")[form].export(document)
    return text
