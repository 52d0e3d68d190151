"""The checks that need logic: each file here decides one check of the fingerprints; found by walking this folder."""

from collections.abc import Mapping
from functools import cache
from pkgutil import iter_modules, resolve_name

from livebom.recognise.verdict import Decide


@cache
def known() -> Mapping[str, Decide]:
    """What decides a check, by the check's id: of every module here its `decide` under its `CHECK`."""
    found = [f"{__name__}.{module.name}" for module in iter_modules(__path__)]
    return {resolve_name(f"{name}:CHECK"): resolve_name(f"{name}:decide") for name in found}
