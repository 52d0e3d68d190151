"""Ways to write an alert for a program: one module per format in this folder, found by walking it."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from livebom.alerts.alert import Alert

__all__ = ["formats", "media_type", "written"]

# A format of this folder is a module with NAME (the word of `format` in a sink), MEDIA_TYPE and
#   write(alert: Alert, origin: str) -> str
# where `origin` is the name of the host that tells. What it writes is one line. It is pure: equal alerts, equal bytes.


@cache
def formats() -> dict[str, ModuleType]:
    """Every format by its name."""
    names = sorted(module.name for module in iter_modules(__path__))
    found = [import_module(f"{__name__}.{name}") for name in names]
    return {one.NAME: one for one in found if hasattr(one, "NAME")}


def written(alert: Alert, form: str, origin: str) -> str:
    """The alert in that format. Raises KeyError for a format that does not exist."""
    text: str = formats()[form].write(alert, origin)
    return text


def media_type(form: str) -> str:
    """What an HTTP request says its body is. Raises KeyError for a format that does not exist."""
    kind: str = formats()[form].MEDIA_TYPE
    return kind
