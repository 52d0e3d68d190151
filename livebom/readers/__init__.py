"""Readers of bills of materials, one per format, found by walking this folder; bytes in, a document out."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from livebom.bom.document import Document
from livebom.readers.decoding import head
from livebom.readers.elsewhere import unreadable
from livebom.readers.problem import ReadProblem

__all__ = ["ReadProblem", "formats", "read"]

# A reader is a module (or a package) of this folder with NAME (the format's name) and
#   recognises(head: dict[str, object]) -> bool     by the keys of the outermost object; see `decoding.head`
#   read(data: bytes, file: str) -> Document        raises ReadProblem, and nothing else, whatever the bytes are
# It decodes with `decoding.tree` or `decoding.typed` and builds the graph with `gathering.Gathering`.


@cache
def formats() -> dict[str, ModuleType]:
    """Every reader by the name of its format."""
    found = [import_module(f"{__name__}.{name}") for name in sorted(module.name for module in iter_modules(__path__))]
    return {one.NAME: one for one in found if hasattr(one, "NAME")}


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: a document makes none, and the search takes a third of a large one's time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def read(data: bytes, file: str) -> Document:
    """The bill of materials that the bytes hold, in whichever readable format; `file` is only told in problems.

    Raises ReadProblem where they hold none.
    """
    top = head(data, file)
    for one in formats().values():
        if one.recognises(top):
            with _uncollected():
                document: Document = one.read(data, file)
                return document
    raise unreadable(top, file, list(formats()))
