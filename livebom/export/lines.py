"""One JSON object per open service and line (`jsonl`): the stable record for other programs."""

from datetime import datetime

import msgspec
from msgspec import Struct

from livebom.bom.observation import Outcome
from livebom.bom.report import Report, is_ai
from livebom.bom.service import Auth, Finding, Layer, ServedModel, Service, TlsFacts
from livebom.export.encoding import line

NAME = "jsonl"
SUFFIXES = (".jsonl", ".ndjson")


class Line(Struct, frozen=True, kw_only=True):
    """One open service. Unknown is null, never invented; fields may be added, never renamed or removed."""

    host: str
    port: int
    scheme: str | None
    product: str | None
    version: str | None
    version_source: str | None
    score: float
    stack: tuple[Layer, ...]
    auth: Auth
    models: tuple[ServedModel, ...] | None
    findings: tuple[Finding, ...]
    requests: int
    outcome: Outcome
    at: datetime
    zone: str
    name: str | None
    base_path: str
    tls: TlsFacts | None
    owner: str | None
    conflict: tuple[str, ...]


def line_of(service: Service) -> Line:
    """The service as it is told to programs: everything but its raw evidence."""
    return Line(**{name: getattr(service, name) for name in Line.__struct_fields__})


def write(report: Report, *, everything: bool) -> str:
    """The services, one line each, in the report's order."""
    services = [s for s in report.services if everything or is_ai(s)]
    return "".join(line(line_of(s)) + "\n" for s in services)


def schema() -> dict[str, object]:
    """The JSON Schema of one line."""
    return msgspec.json.schema(Line)
