"""Targets that belong together: their ports, pace, zone, owners and labels, and the scope all groups make up."""

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from livebom.net.credentials import Credential
from livebom.net.ranges import Range, number_of, reached
from livebom.net.scope import Exposure, Included, Scope, make_scope
from livebom.net.target import Target


class OwnerRule(Struct, frozen=True, kw_only=True):
    """Whose a service is, where `match` fits: addresses, a label `key=value`, or a name; wildcards in the last two."""

    match: str
    owner: str
    ranges: tuple[Range, ...] = ()

    def fits(self, address: str, name: str | None, labels: Mapping[str, str]) -> bool:
        """Whether the rule speaks of this address, name or set of labels."""
        if self.ranges:
            literal = number_of(address)
            return literal is not None and _within(*reached(*literal), self.ranges)
        key, mark, value = self.match.partition("=")
        if mark:
            return key in labels and fnmatchcase(labels[key], value)
        return name is not None and fnmatchcase(name.lower(), self.match.lower())


class Group(Struct, frozen=True, kw_only=True):
    """Targets that are looked at in the same manner."""

    name: str
    include: tuple[Target, ...] = ()
    exclude: tuple[Range, ...] = ()
    """Never contacted in the group's zone, whichever group includes it."""
    ports: tuple[int, ...] = ()
    """For the targets that name none."""
    pace: float | None = None
    """Connection attempts per second for this group; None: the setting `rate` alone."""
    zone: str = "default"
    exposure: Exposure | None = None
    owners: tuple[OwnerRule, ...] = ()
    labels: dict[str, str] = {}
    ptr: bool = False
    """Whether owner rules that match names also match what the system's resolver calls an address."""
    credentials: tuple[Credential, ...] = ()

    def credential_for(self, address: str, port: int, name: str | None, scheme: str | None) -> Credential | None:
        """The credential bound to this listener's origin; with scheme None, one that may turn out to be."""
        return next((one for one in self.credentials if one.origin.fits(address, port, name, scheme)), None)

    def owner_of(self, address: str, name: str | None = None, labels: Mapping[str, str] | None = None) -> str | None:
        """The owner by the first rule that fits; `labels` (a container's) are added to the group's."""
        known = {**self.labels, **(labels or {})}
        return next((rule.owner for rule in self.owners if rule.fits(address, name, known)), None)


class Targets(Struct, frozen=True, kw_only=True):
    """All groups of one call."""

    groups: tuple[Group, ...]
    exclude: tuple[Range, ...] = ()
    """Never contacted in any zone."""
    notes: tuple[str, ...] = ()
    """How targets were read, where that may surprise."""

    def scope(self, *, ports_never: Collection[int], i_mean_it: bool = False) -> Scope:
        """What may be contacted.

        Raises:
            ScopeError: A target is refused.
        """
        excluded: dict[str, list[Range]] = {}
        for group in self.groups:
            excluded.setdefault(group.zone, list(self.exclude)).extend(group.exclude)
        included = [
            Included(
                written=target.written,
                where=target.where,
                ranges=target.ranges,
                ports=group.ports if target.port is None else (target.port,),
                zone=group.zone,
                named=target.name is not None,
            )
            for group in self.groups
            for target in group.include
        ]
        exposures = {group.zone: group.exposure for group in self.groups if group.exposure}
        return make_scope(included, excluded, exposures=exposures, ports_never=ports_never, i_mean_it=i_mean_it)


def _within(value: int, family: int, runs: Sequence[Range]) -> bool:
    return any(run.family == family and run.first <= value <= run.last for run in runs)
