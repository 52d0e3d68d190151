"""The page about hostile peers says what the tests hold true: every case with its outcome, every test by its name."""

import re
from pathlib import Path

from tests.hostile.test_http import ROWS
from tests.hostile.test_tls import FAILED, MET

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "hostile.md").read_text(encoding="utf-8")


def test_every_case_stands_there_with_its_outcome() -> None:
    cases = [(row, case, outcome) for case, (row, _, outcome) in ROWS.items()]
    cases += [(row, case, "ok") for case, (row, _, _) in MET.items()]
    cases += [(row, case, outcome) for case, (row, _, _, outcome) in FAILED.items()]
    told = re.findall(r"^\| (\w+) \| (.*) \| `(\w+)` \|$", PAGE, re.MULTILINE)
    assert sorted(told) == sorted(cases)


def test_every_test_stands_there() -> None:
    files = sorted((ROOT / "tests" / "hostile").glob("test_*.py"))
    tests = {
        f"{file.stem}::{name}" for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.M)
    }
    assert set(re.findall(r"`(test_\w+::test_\w+)`", PAGE)) == tests
