"""Who made a document, when, about what, and how complete it says it is: the look that its graph rests on."""

import hashlib
from datetime import UTC, datetime

from livebom.bom.document import NEVER, Look
from livebom.bom.text import safe_text
from livebom.readers.cyclonedx import own, subject
from livebom.readers.cyclonedx.keys import title
from livebom.readers.cyclonedx.notes import Notes
from livebom.readers.cyclonedx.shape import Bom, Composition, Tool, Tools
from livebom.readers.gathering import SURFACE
from livebom.readers.problem import ReadProblem

_UNREAD = ("annotations", "citations", "declarations", "definitions", "formulation")


def made_at(bom: Bom, file: str, notes: Notes) -> datetime:
    """When the document was made, in UTC; a time without an offset is taken for UTC, a missing one is `NEVER`."""
    said = bom.metadata.timestamp if bom.metadata else None
    if said is None:
        notes.say("when this was seen: the document does not say when it was made")
        return NEVER
    try:
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except OverflowError:
        raise ReadProblem(
            file, "$.metadata.timestamp", "this time is out of range", "mend the document, or the tool that wrote it"
        ) from None


def tool(bom: Bom) -> tuple[str, str]:
    """Name and version of the program that made the document: the first application among its tools."""
    found = _tools(bom)
    programs = [one for one in found if one.type == "application"] or found
    return (programs[0].name or "", programs[0].version or "") if programs else ("", "")


def _tools(bom: Bom) -> list[Tool]:
    told = bom.metadata.tools if bom.metadata else None
    if isinstance(told, Tools):
        told = [*(told.components or ()), *(told.services or ())]
    return [one for one in told or () if one.name]


def look(bom: Bom, data: bytes, at: datetime, source: str, notes: Notes) -> Look:
    """The look; its id is the SHA-256 of the document's bytes."""
    for name in _UNREAD if subject.foreign(bom) else ():
        if bytes(getattr(bom, name)) not in {b"", b"null", b"[]", b"{}"}:
            notes.say(f"what the document tells under `{name}` is not read")
    for name, text in own.told(bom.metadata.properties if bom.metadata else None):
        if name == "not_seen":
            notes.say(text)
    complete = _complete(bom, notes)
    _, version = tool(bom)
    return Look(
        at=at,
        id=hashlib.sha256(data).hexdigest(),
        surface=SURFACE,
        source=f"{source} {version}".strip(),
        scope=_scope(bom),
        complete=complete,
        not_seen=notes.words(),
    )


def _scope(bom: Bom) -> tuple[str, ...]:
    """What the document is about: for our own writer's, what its looks were asked for."""
    ours = tuple(text for name, text in own.told(bom.metadata.properties if bom.metadata else None) if name == "scope")
    if ours and not subject.foreign(bom):
        return ours
    one = subject.about(bom)
    said = (one.purl or title(one.group, one.name)) if one else bom.serial
    return (said,) if said else ()


def _complete(bom: Bom, notes: Notes) -> bool:
    """Whether the document says that it holds everything: of its subject or of itself, and of nothing the contrary."""
    one = bom.metadata.component if bom.metadata else None
    whole = {one.bom_ref if one else None, bom.serial} - {None}
    found = bom.compositions or []
    partial = [row for row in found if row.aggregate != "complete"]
    for row in partial:
        entries = {*(row.assemblies or ()), *(row.dependencies or ())}
        about = "itself" if whole & entries or not entries else f"{len(entries)} of its entries"
        notes.say(
            f"the document says that it is not complete about {about}: aggregate `{safe_text(row.aggregate, 80)}`"
        )
    return not partial and any(_speaks(row, whole) for row in found)


def _speaks(one: Composition, whole: set[str | None]) -> bool:
    """Whether a composition speaks of the whole document."""
    return not (one.assemblies or one.dependencies) or bool(whole & {*(one.assemblies or ())})
