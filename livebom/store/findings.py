"""The findings that are open, now or at a time, as the policy sees them, and since when they are."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from livebom.bom.document import Document
from livebom.bom.graph import winner
from livebom.bom.identity import part_id
from livebom.bom.parts import PartKind
from livebom.bom.policy import Policy
from livebom.bom.verdicts import Judged, judged
from livebom.store.database import Database
from livebom.store.encode import FOREVER, attributes_of, column_time, graph_time
from livebom.store.rows import Row
from livebom.store.state import document_at


class OpenFinding(Struct, frozen=True, kw_only=True):
    """A finding that stands open, and the span in which it does."""

    finding: Judged
    since: datetime
    """From when on every look at it found it open."""
    last_seen: datetime


def findings(database: Database, at: datetime | None, policy: Policy, today: date | None) -> list[OpenFinding]:
    """See `Store.findings`."""
    document = document_at(database, at)
    moment = FOREVER if at is None else column_time(at)
    since = _since(database.run("findings", {"moment": moment}))
    seen = _seen(document)
    ids = ((one, part_id(PartKind.FINDING, one.key)) for one in judged(document, policy, today or document.at.date()))
    return [OpenFinding(finding=one, since=since[id_], last_seen=seen[id_]) for one, id_ in ids if id_ in since]


def _seen(document: Document) -> dict[UUID, datetime]:
    return {part.id: part.last_seen for part in document.parts if part.kind is PartKind.FINDING}


def _since(rows: Iterable[Row]) -> dict[UUID, datetime]:
    """Where the last unbroken row of open spans begins; the rows stand by id and time."""
    began: dict[UUID, datetime] = {}
    ended: dict[UUID, datetime | None] = {}
    for id_, attributes, valid_from, valid_to in rows:
        goes_on = id_ in began and ended[id_] == valid_from
        if not _is_open(attributes):
            began.pop(id_, None)
            continue
        if not goes_on:
            began[id_] = graph_time(valid_from)
        ended[id_] = valid_to
    return began


def _is_open(attributes: str) -> bool:
    claims = attributes_of(attributes).get("state", ())
    return not claims or winner(claims).value not in {"pass", "not_applicable"}
