"""The checkout as the house tests see it: where it stands and which modules are its own."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("livebom", "daemon", "probes")


def modules(root: Path = ROOT) -> list[Path]:
    """Every Python file that ships, in order."""
    return sorted(path for package in PACKAGES for path in (root / package).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def rooms() -> set[str]:
    """The modules and packages directly under `livebom/`, by their dotted name."""
    found = (path for path in (ROOT / "livebom").iterdir() if not path.name.startswith("_"))
    return {
        f"livebom.{path.stem}" for path in found if path.suffix == ".py" or (path.is_dir() and any(path.rglob("*.py")))
    }
