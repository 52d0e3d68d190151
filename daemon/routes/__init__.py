"""The routes of the control socket, found by walking this folder: each module has `ROUTES`."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from daemon.route import Route


@cache
def routes() -> tuple[Route, ...]:
    """Every route, by path and method."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found: list[Route] = [route for module in modules for route in module.ROUTES]
    return tuple(sorted(found, key=lambda one: (one.path, one.method)))
