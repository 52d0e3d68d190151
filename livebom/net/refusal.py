"""What is refused however it is written, what is left out of a scope, and why."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from livebom.net.ranges import Index, Range, merged, read_address

MOST_V6 = 1 << 16
"""Most IPv6 addresses of a scope: more is never a list of hosts but a walk through empty space."""
MOST = 1 << 20
"""Most addresses of a scope without `i_mean_it`: a /12."""
MOST_EVER = 1 << 31
"""Most IPv4 addresses of a scope at all: more is the internet, however it is written."""

_ALL = {4: Range(0, (1 << 32) - 1, 4), 6: Range(0, (1 << 128) - 1, 6)}


def _block(network: str, bits: int) -> Range:
    first = read_address(network)
    return Range(first.first, first.first | (1 << bits) - 1, first.family)


METADATA = tuple(
    read_address(address)
    for address in (
        "169.254.169.254",  # most clouds
        "169.254.170.2",  # Amazon ECS task credentials
        "169.254.170.23",  # Amazon EKS Pod Identity
        "fd00:ec2::254",  # Amazon EC2
        "fd00:ec2::23",  # Amazon EKS Pod Identity
        "fd20:ce::254",  # Google Compute Engine
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure's wire server
    )
)
"""Where clouds hand out credentials and configuration; contacted only where listed as exactly that one address."""

_V4 = "name unicast IPv4 ranges only"
_V6 = "name the server's global or unique local address"
_TRANSLATED = "write the IPv4 address it leads to"
_NEVER: tuple[tuple[Range, str, str], ...] = (
    (Range(0, (1 << 24) - 1, 4), "0.0.0.0/8 is no host's address (a connection to 0.0.0.0 ends at this host)", _V4),
    (_block("224.0.0.0", 28), "224.0.0.0/4 is multicast", _V4),
    (_block("240.0.0.0", 28), "240.0.0.0/4 is reserved, its last address is the broadcast", _V4),
    (Range(0, 0, 6), ":: is the unspecified address", _V6),
    (Range(2, (1 << 32) - 1, 6), "::/96 is no longer in use", _TRANSLATED),
    (Range(0xFFFF << 32, (0xFFFF << 32) + 0xFFFFFFFF, 6), "::ffff:0:0/96 is IPv4", _TRANSLATED),
    (_block("64:ff9b::", 32), "64:ff9b::/96 leads to IPv4 addresses", _TRANSLATED),
    (_block("64:ff9b:1::", 80), "64:ff9b:1::/48 leads to IPv4 addresses", _TRANSLATED),
    (_block("2002::", 112), "2002::/16 leads to IPv4 addresses", _TRANSLATED),
    (_block("fe80::", 118), "fe80::/10 is link-local: it means nothing without an interface", _V6),
    (_block("ff00::", 120), "ff00::/8 is multicast", _V6),
)

_NEVER_INDEX = Index(merged(run for run, _, _ in _NEVER))
_METADATA_INDEX = Index(merged(METADATA))


class Refusal(Struct, frozen=True, kw_only=True):
    """One target that is not contacted, and what to do about it."""

    target: str
    where: str
    """File and line, or the argument."""
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: `{self.target}`: {self.reason}; {self.remedy}"


class ScopeError(Exception):
    """The scope is refused whole; nothing of it may be contacted."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("\n".join(map(str, self.refusals)))


class Included(Struct, frozen=True, kw_only=True):
    """Addresses and ports that somebody wants contacted."""

    written: str
    """As the person wrote it, safe to print."""
    where: str
    ranges: tuple[Range, ...]
    ports: tuple[int, ...]
    zone: str = "default"
    named: bool = False
    """The addresses come from a name: what it leads to is not what was listed."""


def refusals_of(item: Included, ports_never: Collection[int]) -> Iterator[Refusal]:
    """Refuses a target that names what nobody may contact."""

    def refusal(reason: str, remedy: str) -> Refusal:
        return Refusal(target=item.written, where=item.where, reason=reason, remedy=remedy)

    for run in item.ranges:
        if run == _ALL[run.family]:
            yield refusal(f"the whole IPv{run.family} space", "name the networks you are responsible for")
            return
        for forbidden, reason, remedy in _NEVER if any(_NEVER_INDEX.meeting(run)) else ():
            if run.meets(forbidden):
                leads = f"it leads to {run}, and " if item.named else ""
                yield refusal(leads + reason, remedy)
                return
        if item.named and any(_METADATA_INDEX.meeting(run)):
            yield refusal(f"it leads to {run}, a cloud's metadata service", "list that address itself if you mean it")
            return
    if not item.ports:
        yield refusal("it has no port to be asked on", "name ports with --ports or `ports`")
    elif not set(item.ports).difference(ports_never):
        ports = ", ".join(map(str, item.ports))
        yield refusal(f"port {ports} is never contacted", "take it out of `ports_never` in livebom.yaml")


def too_many(included: Sequence[Included], kept: Sequence[Range], *, i_mean_it: bool) -> Iterator[Refusal]:
    """Refuses a scope whose addresses (`kept`, exclusions removed) are too many."""
    counts = {family: sum(run.count for run in kept if run.family == family) for family in _ALL}

    def refusal(family: int, reason: str, remedy: str) -> Refusal:
        biggest = max(included, key=lambda item: sum(run.count for run in item.ranges if run.family == family))
        all_of_it = "all targets together: " if len(included) > 1 else ""
        return Refusal(target=biggest.written, where=biggest.where, reason=all_of_it + reason, remedy=remedy)

    if counts[6] > MOST_V6:
        reason = f"{counts[6]} IPv6 addresses are more than {MOST_V6}"
        yield refusal(6, reason, "list the addresses or prefixes of /112 and longer that are in use")
    elif counts[4] > MOST_EVER:
        yield refusal(4, f"{counts[4]} addresses are most of the internet", "name the networks you are responsible for")
    elif counts[4] + counts[6] > MOST and not i_mean_it:
        family = 4 if counts[4] >= counts[6] else 6
        reason = f"{counts[4] + counts[6]} addresses are more than {MOST}"
        yield refusal(family, reason, "name smaller ranges, or add --i-mean-it")


def left_out(
    included: Sequence[Included],
    cuts: Mapping[str, tuple[Range, ...]],
    guarded: Mapping[str, tuple[Range, ...]],
    ports_never: Collection[int],
) -> Iterator[str]:
    """What of the included is left out, one sentence each."""
    for zone, places in guarded.items():
        runs = Index(merged(run for item in included if item.zone == zone for run in item.ranges))
        for place in places:
            if (place.first, place.family) in runs and (place.first, place.family) not in Index(cuts[zone]):
                yield f"{place} is left out: a cloud's metadata service is contacted only where it is listed by itself"
    indexes = {zone: Index(runs) for zone, runs in cuts.items()}
    for item in included:
        if item.ranges and all(
            any(cut.first <= run.first and run.last <= cut.last for cut in indexes[item.zone].meeting(run))
            for run in item.ranges
        ):
            yield f"{item.where}: `{item.written}` is left out: an exclusion covers it"
    if dropped := sorted({port for ports in {item.ports for item in included} for port in ports} & set(ports_never)):
        yield f"ports left out everywhere (`ports_never`): {', '.join(map(str, dropped))}"
