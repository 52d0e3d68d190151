"""The command line as a test runs it: in this process, with a home of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from livebom.cli import main
from tests.lab import ROOT

Run = Callable[..., Result]
RATE = "20000"


def runner(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs livebom with arguments; its state and settings lie under the folder."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(folder))
    # What was read of the unchanged fingerprints may be kept from one run to the next, as it is for a user.
    monkeypatch.setenv("XDG_CACHE_HOME", str(ROOT / ".cache" / "tests"))

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)

    return run


def discovered(run: Run, *arguments: object) -> list[dict[str, Any]]:
    """What `discover --format jsonl --no-store` says of the targets."""
    result = run("discover", *arguments, "--format", "jsonl", "--no-store", "--rate", RATE, "-q")
    assert result.exit_code in {0, 1, 3}, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]
