"""What a document did not look at, in words: the section that no report may leave out."""

from collections.abc import Iterator

from livebom.bom.document import Document, Look

SURFACES = ("runtime", "code", "web", "weights", "agents")

_LISTED = 20


def gaps(document: Document) -> list[str]:
    """What the looks say they left out, what they did not finish, and surfaces nobody looked at; not escaped."""
    told = list(document.not_seen)
    for look in document.looks:
        told += _of(look)
    seen = {look.surface for look in document.looks}
    told += [f"{surface}: nobody looked at this surface" for surface in SURFACES if surface not in seen]
    return list(dict.fromkeys(told))


def _of(look: Look) -> Iterator[str]:
    if not look.complete:
        yield f"{look.surface}, {look.source}: not all of {', '.join(look.scope) or 'its scope'} was looked at"
    broken = [one for one in look.coverage if not one.complete]
    for one in broken[:_LISTED]:
        yield f"{one.zone}: not every address and port was tried from {one.first} to {one.last}"
    if len(broken) > _LISTED:
        yield f"{look.surface}, {look.source}: and {len(broken) - _LISTED} more ranges were not tried completely"
    for key in look.mute:
        yield f"{key}: reached, but it did not tell its models"
