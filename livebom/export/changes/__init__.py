"""Ways to tell what differs between two states: one module per format in this folder, found by walking it."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from livebom.bom.change import Comparison

__all__ = ["format_of", "formats", "written"]

# A format of this folder is a module with NAME (the word of `--format`), SUFFIXES (file endings that choose it) and
#   write(comparison: Comparison) -> str
# It is pure: equal comparisons give equal bytes.


def formats() -> dict[str, ModuleType]:
    """Every format by its name."""
    names = sorted(module.name for module in iter_modules(__path__) if not module.ispkg)
    found = [import_module(f"{__name__}.{name}") for name in names]
    return {one.NAME: one for one in found if hasattr(one, "NAME")}


def format_of(path: Path) -> str | None:
    """The format a file's ending asks for, None where no format has that ending."""
    endings = {suffix: name for name, one in formats().items() for suffix in one.SUFFIXES}
    fitting = [suffix for suffix in endings if path.name.lower().endswith(suffix)]
    return endings[max(fitting, key=len)] if fitting else None


def written(comparison: Comparison, form: str) -> str:
    """The comparison in that format. Raises KeyError for a format that does not exist."""
    text: str = formats()[form].write(comparison)
    return text
