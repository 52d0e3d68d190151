"""What one turn could not see or did not look at: in words for people, and as listeners whose silence says nothing."""

from collections.abc import Iterator, Mapping, Sequence

from livebom.bom.observation import Outcome
from livebom.bom.service import Service
from livebom.surfaces import Runtime, Tally

_NAMED = 10
"""Hosts that are named; of more of them only the number is told."""


def is_mute(service: Service) -> bool:
    """Whether the listener was reached and did not tell its models: those it serves are not known to be gone."""
    return service.outcome is not Outcome.OK or service.models is None


def not_seen(notes: Sequence[str], look: Runtime, services: Sequence[Service]) -> tuple[str, ...]:
    """In words, what this look could not or did not look at; `notes` is what planning left out."""
    words = [*notes, *_unreached(look.tallies)]
    if not look.whole:
        words.append("the other shards of the range")
    if any(t.stopped or not t.finished for t in look.tallies):
        words.append("the rest of the range: the sweep was ended early")
    if look.tarpits:
        words.append(_tarpits(look.tarpits))
    mute = [s for s in services if s.outcome is not Outcome.OK]
    if mute:
        words.append(f"{len(mute)} open ports that speak no HTTP or did not answer in time")
    unread = [s for s in services if s.product and s.models is None]
    if unread:
        words.append(f"the models of {len(unread)} servers that do not tell a stranger")
    words.append("what listens on loopback of other hosts or behind no published port: run livebom there")
    words.append("hosted AI services, code, weights and agents: other surfaces, not part of this look")
    return tuple(words)


def _unreached(tallies: Sequence[Tally]) -> Iterator[str]:
    lost, silent = (sum(getattr(t, name) for t in tallies) for name in ("lost", "silent"))
    if lost:
        yield f"{lost} targets that this host had no socket or port for; lower --rate, or raise its limits"
    if silent:
        yield f"{silent} targets answered nothing: a filter, or nobody there"


def _tarpits(skipped: Mapping[str, int]) -> str:
    """Hosts on which nearly everything is open: which, and how many of their ports were not asked."""
    named = ", ".join(list(skipped)[:_NAMED]) + (f" and {len(skipped) - _NAMED} more" if len(skipped) > _NAMED else "")
    asked = "all of their ports were asked"
    if left := sum(skipped.values()):
        asked = f"{left} of their ports were not asked, and none of those is taken for gone"
    return f"{len(skipped)} tarpits, hosts on which nearly every port is open and says nothing ({named}): {asked}"
