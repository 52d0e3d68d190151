"""The arena, and the table of the matrix at the end of a run."""

from collections.abc import Callable, Iterator

import pytest

from tests.hostile.arena import DEADLINE, MEMORY, SLACK, Arena, Outcome
from tests.lab import Lab, own_prefix

TITLES = ("row", "case", "said of it", "memory", "time")


@pytest.fixture(scope="session")
def arena() -> Iterator[Arena]:
    """Two honest servers, swept once in peace."""
    with Lab(own_prefix(100)) as lab:
        yield Arena(lab)


class Table:
    """Where a row of the matrix is told, and held against what it may take."""

    def __init__(self, quiet: Outcome, record: Callable[[str, object], None]) -> None:
        self._quiet, self._record = quiet, record

    def tell(self, row: str, case: str, said: str, outcome: Outcome) -> None:
        """The memory is that of the whole tree above a sweep in peace, the time that of the whole child."""
        above = max(0.0, outcome.memory - self._quiet.memory)
        self._record("hostile", [row, case, said, f"{above:.0f} MB", f"{outcome.seconds:.1f} s"])
        assert above <= MEMORY
        assert outcome.seconds <= DEADLINE + SLACK


@pytest.fixture
def table(arena: Arena, record_property: Callable[[str, object], None]) -> Table:
    """The table of this run."""
    return Table(arena.quiet, record_property)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The matrix, as it was met; reports come from the workers with what their tests recorded."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    rows = [value for one in reports for name, value in one.user_properties if name == "hostile"]
    if not rows:
        return
    table = [TITLES, *sorted(rows, key=lambda row: (int("".join(filter(str.isdigit, row[0])) or 0), row))]
    widths = [max(len(row[place]) for row in table) for place in range(len(TITLES))]
    terminalreporter.section("hostile matrix")
    for row in table:
        line = "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True))
        terminalreporter.write_line(line.rstrip())
