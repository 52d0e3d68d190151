"""The bill of materials of livebom itself, by livebom: `python -m tests.house.sbom` writes it as CycloneDX.

It tells what is locked (requirements/run.txt), which of it needs which, and no file's hash: a package has one for each
platform. `SOURCE_DATE_EPOCH` sets its time.
"""

import os
import re
import sys
from datetime import UTC, datetime

from livebom import __version__
from livebom.bom.document import Document, Look, document
from livebom.bom.graph import fold
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind
from livebom.export import exported
from tests.house.tree import ROOT

FILE = "requirements/run.txt"
_PACKAGE = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def locked() -> list[tuple[str, str, set[str]]]:
    """Each package with its version and those that need it, livebom among them; some have one for each Python."""
    text = (ROOT / FILE).read_text(encoding="utf-8")
    found = []
    for name, version, rest in _PACKAGE.findall(text):
        lines = [re.sub(r"\s*#\s*(?:via)?\s*|\(.*", "", line) for line in rest.splitlines() if "#" in line]
        found.append((name, version, {line.strip() for line in lines if line.strip()}))
    return found


def own(at: datetime) -> Document:
    """The document."""
    its = [("livebom", __version__, set[str]()), *locked()]
    said = []
    for name, version, _ in its:
        key = _key(name, version)
        facts = {"name": name, "version": version, "purl": key}
        facts["type"] = "application" if name == "livebom" else "library"
        needs = [_key(other, its_version) for other, its_version, by in its if name in by]
        said.append(
            Observation(
                sweep="sbom",
                at=at,
                surface="code",
                source=FILE,
                kind=PartKind.PACKAGE,
                subject=key,
                facts={word: Fact(value, Confidence.DECLARED, FILE) for word, value in facts.items()},
                edges=tuple(EdgeTo(kind=EdgeKind.DEPENDS_ON, to_kind=PartKind.PACKAGE, to=other) for other in needs),
            )
        )
    return document(fold(said), [Look(at=at, id="sbom", surface="code", source=FILE, scope=(FILE,))], said)


def _key(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version}"


if __name__ == "__main__":
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    sys.stdout.write(
        exported(own(datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)), "cyclonedx-1.6")
    )
