"""The house stays small: modules and functions within the design's sizes, one opening sentence each, no circle."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import grimp
import pytest

from tests.house.tree import PACKAGES, ROOT, modules, parsed

MODULE_MEDIAN, MODULE_MOST = 150, 400
FUNCTION_MEDIAN, FUNCTION_MOST = 10, 60
Function = ast.FunctionDef | ast.AsyncFunctionDef


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def holds_code(path: Path) -> bool:
    """A package marker that is only its docstring would flatter the median."""
    return len(parsed(path).body) > 1


def functions(path: Path) -> dict[str, int]:
    """Place and name to length in lines, signature and docstring included."""
    found = [node for node in ast.walk(parsed(path)) if isinstance(node, Function)]
    return {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for node in found
    }


def test_no_module_is_too_long() -> None:
    sizes = {str(path.relative_to(ROOT)): lines(path) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > MODULE_MOST} == {}
    assert median(lines(path) for path in modules() if holds_code(path)) <= MODULE_MEDIAN


def test_no_function_is_too_long() -> None:
    sizes = {name: size for path in modules() for name, size in functions(path).items()}
    assert {name: size for name, size in sizes.items() if size > FUNCTION_MOST} == {}
    assert median(sizes.values()) <= FUNCTION_MEDIAN


def opening(docstring: str | None) -> str | None:
    """What is wrong with a module's docstring, or None."""
    if docstring is None:
        return "has none"
    first = " ".join(docstring.split("\n\n")[0].split())
    if not first.endswith("."):
        return "does not end with a full stop"
    return "is more than one sentence" if re.search(r"[.!?] [A-Z]", first) else None


def test_every_module_opens_with_one_sentence() -> None:
    wrong = {str(path.relative_to(ROOT)): opening(ast.get_docstring(parsed(path))) for path in modules()}
    assert {name: why for name, why in wrong.items() if why} == {}


@pytest.mark.parametrize("docstring", [None, "", "No full stop", "Two sentences. Here."])
def test_a_wrong_opening_is_seen(docstring: str | None) -> None:
    assert opening(docstring)


def circle(imports: dict[str, set[str]]) -> list[str]:
    """The modules of one import circle, or nothing."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    assert circle({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}) == []


def test_a_circle_is_seen() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
