"""Reads data files: YAML from disk to frozen structs, with every mistake told at its line and column."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from livebom import HOUSE
from livebom.settings.cache import Cache
from livebom.settings.document import compose
from livebom.settings.explain import convert
from livebom.settings.problem import DataError, DataErrors, Problem, Step

FILE_CAP = 1 << 20
"""Most bytes of a YAML file."""

_DATA = ("fingerprints", "config")

T = TypeVar("T")

Place = Callable[..., tuple[int, int]]
"""From the steps of a path (`"groups", "lab", "include", 2`) to line and column, from 1, of the value there."""


def data_path(*parts: str) -> Path:
    """The file or folder of the project's own data, such as `data_path("fingerprints", "servers")`.

    Raises:
        DataError: The installation lacks it.
        ValueError: It is not under `fingerprints/` or `config/`.
    """
    if parts[:1] not in [(name,) for name in _DATA]:
        raise ValueError(f"data lies under {' or '.join(_DATA)}, not under {parts[:1]}")
    path = HOUSE.joinpath(*parts)
    if not path.exists():
        raise DataError([Problem(file=str(path), reason="the file is not there", remedy="install livebom again")])
    return path


def read_bytes(path: Path, cap: int = FILE_CAP) -> bytes:
    """The file's bytes, at most `cap` of them.

    Raises:
        DataError: It cannot be read or is longer.
    """
    try:
        with path.open("rb") as file:
            data = file.read(cap + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        remedy = "check the path and its permissions"
        raise DataError([Problem(file=str(path), reason=f"cannot be read: {reason}", remedy=remedy)]) from None
    if len(data) > cap:
        raise DataError([Problem(file=str(path), reason=f"longer than {cap} bytes", remedy="split the file")])
    return data


def parse(data: bytes, kind: type[T], file: str) -> tuple[T, Place]:
    """A YAML document as a `kind`, and where each of its values stands; `file` only names it in messages.

    Raises:
        DataError: It is not strict YAML or not a `kind`; holds up to 20 problems.
    """
    top = compose(data, file)
    value, problems = convert(top, kind, file)
    if problems:
        raise DataError(problems)
    result: T = value

    def place(*steps: Step) -> tuple[int, int]:
        return top.place(steps)

    return result, place


def examine(file: str, kind: type[T]) -> tuple[T | None, Place, tuple[Problem, ...]]:
    """The YAML file as a `kind` and where its values stand, or None and its problems: for who collects, not raises."""
    try:
        value, place = parse(read_bytes(Path(file)), kind, file)
    except DataError as error:
        return None, lambda *_: (0, 0), error.problems
    return value, place, ()


def read(path: Path, kind: type[T]) -> T:
    """The YAML file as a `kind`.

    Raises:
        DataError: See `parse` and `read_bytes`.
    """
    return parse(read_bytes(path), kind, str(path))[0]


def read_folder(folder: Path, kind: type[T], cache: Path | None = None) -> dict[str, T]:
    """Every `*.yaml` of a folder as a `kind`, by file name without the suffix, in the order of the names.

    `cache` is a folder where what was read may be kept for the next time; a changed byte makes it void.

    Raises:
        DataErrors: At least one file is bad; holds the problems of all of them.
    """
    problems: list[Problem] = []
    files = _files(folder, problems)
    kept = Cache(cache, folder, kind, {path.name: data for path, data in files.items()}) if cache else None
    found = kept.load(kind) if kept and not problems else None
    if found is not None:
        return found
    found = {}
    for path, data in files.items():
        try:
            found[path.stem] = parse(data, kind, str(path))[0]
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataErrors(sorted(problems, key=lambda problem: problem.file))
    if kept:
        kept.keep(found)
    return found


def _files(folder: Path, problems: list[Problem]) -> dict[Path, bytes]:
    """The folder's YAML files with their bytes, in the order of their names; what cannot be read is a problem."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise DataErrors([Problem(file=str(folder), reason=reason, remedy="check the path")]) from None
    files: dict[Path, bytes] = {}
    for path in paths:
        if path.suffix == ".yml":
            problems.append(Problem(file=str(path), reason="would not be read", remedy="rename it to end in .yaml"))
        if path.suffix != ".yaml" or path.name.startswith("."):
            continue
        try:
            files[path] = read_bytes(path)
        except DataError as error:
            problems += error.problems
    return files
