"""What `livebom discover` is told to look at: arguments, plain lists and YAML groups, read whole or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct, structs

from livebom.bom.text import safe_text
from livebom.net.credentials import Credential, CredentialError, Header, credential_of, origin_of, single
from livebom.net.group import Group, OwnerRule, Targets
from livebom.net.ranges import Range, merged, number_of
from livebom.net.scope import Exposure
from livebom.net.target import (
    Resolve,
    Target,
    TargetError,
    is_numeric,
    read_excluded,
    read_ports,
    read_ranges,
    read_target,
    resolve_name,
    shown,
)
from livebom.net.target_file import CredentialEntry, GroupEntry, OwnerEntry, Place, ReadYaml, TargetFile

__all__ = ["Group", "OwnerRule", "Target", "TargetErrors", "TargetProblem", "Targets", "read_targets", "resolve_name"]

LIST_CAP = 32 << 20
"""Most bytes of a plain list: a million addresses and their line ends."""
COMMAND_LINE = "command line"
"""The group of what is given as arguments and plain lists."""


_ONE_HOST = (
    "a credential given on the command line goes to single addresses, host:port or URLs; for more, name each origin "
    "under `credentials` in a targets file (docs/targets.md)"
)


class TargetProblem(Struct, frozen=True, kw_only=True):
    """One line that is no target."""

    file: str
    line: int
    """From 1; among arguments, which one; 0 where the whole file is meant."""
    text: str
    """What stands there, in backquotes, or the path to it."""
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        said = f"{self.text}: {self.reason}" if self.text else self.reason
        return safe_text(f"{place}: {said}", 4096)


class TargetErrors(Exception):  # noqa: N818 - the plural is the point
    """At least one target cannot be read; every one is told, and nothing may be contacted."""

    def __init__(self, problems: Sequence[TargetProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class _Spot(Struct, frozen=True):
    """Where a text stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class _Reader:
    """Reads and collects what is wrong; every name is resolved once."""

    def __init__(self, ai: Iterable[int], resolve: Resolve, environment: Mapping[str, str]) -> None:
        self.ai = tuple(sorted(set(ai)))
        self.system = resolve
        self.environment = environment
        self.answers: dict[str, Sequence[str] | OSError] = {}
        self.problems: list[TargetProblem] = []
        self.notes: list[str] = []

    def resolve(self, name: str) -> Sequence[str]:
        if name not in self.answers:
            try:
                self.answers[name] = self.system(name)
            except OSError as error:
                self.answers[name] = error
        answer = self.answers[name]
        if isinstance(answer, OSError):
            raise answer
        return answer

    def problem(self, spot: _Spot, text: str, reason: str) -> None:
        self.problems.append(TargetProblem(file=spot.file, line=spot.line, text=text, reason=reason))

    def include(self, text: str, spot: _Spot) -> list[Target]:
        try:
            target = read_target(text, self.resolve, str(spot))
        except TargetError as error:
            self.problem(spot, f"`{shown(text)}`", str(error))
            return []
        if target.note:
            self.notes.append(f"{spot}: {target.note}")
        return [target]

    def exclude(self, text: str, spot: _Spot) -> tuple[Range, ...]:
        try:
            return read_excluded(text, self.resolve)
        except TargetError as error:
            self.problem(spot, f"`{shown(text)}`", str(error))
            return ()

    def ports(self, text: str, spot: _Spot) -> tuple[int, ...]:
        try:
            return read_ports(text, self.ai)
        except TargetError as error:
            self.problem(spot, f"`{shown(text)}`", str(error))
            return ()

    def owner(self, entry: OwnerEntry, spot: _Spot) -> OwnerRule:
        ranges: tuple[Range, ...] = ()
        if "=" not in entry.match and is_numeric(entry.match):
            try:
                ranges = merged(read_ranges(entry.match)[0])
            except TargetError as error:
                self.problem(spot, f"`{shown(entry.match)}`", str(error))
        return OwnerRule(match=entry.match, owner=entry.owner, ranges=ranges)

    def credential(self, entry: CredentialEntry, spot: _Spot, folder: Path) -> list[Credential]:
        try:
            target = read_target(entry.origin, self.resolve, str(spot))
            found, note = credential_of(entry, target, folder, self.environment)
        except (TargetError, CredentialError) as error:
            self.problem(spot, f"`{shown(entry.origin)}`", str(error))
            return []
        if note:
            self.notes.append(f"{spot}: {note}")
        return [found]

    def key_for(self, target: Target, headers: tuple[Header, ...]) -> list[Credential]:
        """The command line's credential for one of its targets; a range is many strangers, and none of them gets it."""
        if not single(target):
            self.problems.append(TargetProblem(file=target.where, line=0, text=f"`{target.written}`", reason=_ONE_HOST))
            return []
        return [Credential(origin=origin_of(target), headers=headers)]

    def lines(self, file: str, stdin: BinaryIO | None) -> list[Target]:
        """The targets of a plain list: one per line, `#` begins a comment at a line's start or after a space."""
        name = "stdin" if file == "-" else file
        try:
            text = _list_bytes(file, stdin).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.problem(_Spot(name, error.object[: error.start].count(b"\n") + 1), "", "not UTF-8")
            return []
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self.problem(_Spot(name, 0), "", f"cannot be read: {reason}")
            return []
        found: list[Target] = []
        for number, line in enumerate(text.split("\n"), 1):
            entry = line.replace("\t#", " #").partition(" #")[0].strip()
            if entry and not entry.startswith("#"):
                found += self.include(entry, _Spot(name, number))
        return found

    def yaml(self, file: str, read_yaml: ReadYaml) -> tuple[list[Group], tuple[Range, ...]]:
        """The groups of a YAML file, and what it excludes from all groups."""
        data, place, problems = read_yaml(file, TargetFile)
        for problem in problems:
            text = f"at {problem.path}" if problem.path else ""
            self.problem(_Spot(file, problem.line), text, f"{problem.reason}; {problem.remedy}")
        if data is None:
            return [], ()
        everywhere = merged(
            run
            for number, text in enumerate(data.exclude)
            for run in self.exclude(text, _Spot(file, place("exclude", number)[0]))
        )
        return [self.group(name, entry, place, file) for name, entry in data.groups.items()], everywhere

    def group(self, name: str, entry: GroupEntry, place: Place, file: str) -> Group:
        def spot(*steps: str | int) -> _Spot:
            return _Spot(file, place("groups", name, *steps)[0])

        ports = entry.ports if isinstance(entry.ports, list) else [entry.ports]
        include = tuple(t for i, text in enumerate(entry.include) for t in self.include(text, spot("include", i)))
        keys = [
            one
            for i, key in enumerate(entry.credentials)
            for one in self.credential(key, spot("credentials", i), Path(file).parent)
        ]
        idle = [one.origin for one in keys if not any(_covers(target, one.origin.host) for target in include)]
        self.notes += [f"{spot('credentials')}: no target of the group leads to {origin}" for origin in idle]
        return Group(
            name=name,
            include=include,
            exclude=merged(r for i, text in enumerate(entry.exclude) for r in self.exclude(text, spot("exclude", i))),
            ports=self.ports(",".join(map(str, ports)), spot("ports")),
            pace=entry.pace,
            zone=entry.zone,
            exposure=entry.exposure,
            owners=tuple(self.owner(rule, spot("owners", i)) for i, rule in enumerate(entry.owners)),
            labels=entry.labels,
            ptr=entry.ptr,
            credentials=tuple(keys),
        )

    def check_groups(self, groups: Sequence[Group]) -> None:
        """Refuses two groups of one name, and one zone declared in two ways."""
        seen: set[str] = set()
        declared: dict[str, Exposure] = {}
        for group in groups:
            if group.name in seen:
                self.problem(_Spot("--targets", 0), group.name, "two groups have this name; rename one")
            seen.add(group.name)
            if not group.include:
                self.notes.append(f"group {group.name} includes nothing")
            if group.exposure and declared.setdefault(group.zone, group.exposure) != group.exposure:
                reason = f"one group says it is {declared[group.zone]}, another {group.exposure}; decide for one"
                self.problem(_Spot("--targets", 0), f"zone {group.zone}", reason)


def _covers(target: Target, host: str) -> bool:
    """Whether a listener that the target leads to goes by this host, a name or an address."""
    if target.name is not None:
        return target.name == host
    literal = number_of(host)
    return literal is not None and any(
        run.family == literal[1] and run.first <= literal[0] <= run.last for run in target.ranges
    )


def _list_bytes(file: str, stdin: BinaryIO | None) -> bytes:
    """At most `LIST_CAP` bytes; ValueError where there are more, OSError where it cannot be read."""
    if file == "-":
        data = stdin.read(LIST_CAP + 1) if stdin else b""
    else:
        with Path(file).open("rb") as opened:
            data = opened.read(LIST_CAP + 1)
    if len(data) > LIST_CAP:
        raise ValueError(f"longer than {LIST_CAP} bytes")
    return data


def read_targets(
    arguments: Sequence[str],
    files: Sequence[str] = (),
    *,
    ai: Iterable[int],
    read_yaml: ReadYaml,
    exclude: Sequence[str] = (),
    ports: str | None = None,
    resolve: Resolve = resolve_name,
    stdin: BinaryIO | None = None,
    key: tuple[Header, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Targets:
    """The targets of one call.

    Args:
        arguments: Targets given one by one.
        files: YAML files (by their suffix `.yaml` or `.yml`) and plain lists; `-` is a plain list on `stdin`.
        ai: The ports of all fingerprints, which `ai` in a port list means, and which is the default.
        read_yaml: Reads the YAML files: `livebom.settings.examine`.
        exclude: Addresses, CIDR, ranges and names that are contacted in no group.
        ports: A port list that takes the place of every group's own.
        resolve: Asked once per name.
        stdin: Read only if `-` is among the files.
        key: Headers that open the arguments' targets, each of which must then be one host.
        environment: Where credentials are looked up that the YAML files name.

    Raises:
        TargetErrors: Something of it cannot be read; every such thing is told.
    """
    reader = _Reader(ai, resolve, environment or {})
    listed = [t for i, text in enumerate(arguments, 1) for t in reader.include(text, _Spot("argument", i))]
    everywhere = [r for i, text in enumerate(exclude, 1) for r in reader.exclude(text, _Spot("--exclude", i))]
    chosen = reader.ports(ports, _Spot("--ports", 1)) if ports is not None else None
    groups: list[Group] = []
    for file in files:
        if Path(file).suffix.lower() in (".yaml", ".yml"):
            found, cuts = reader.yaml(file, read_yaml)
            groups += found
            everywhere += cuts
        else:
            listed += reader.lines(file, stdin)
    if key and files:
        reader.problem(_Spot("--targets", 0), "", _ONE_HOST)
    if listed:
        keys = tuple(one for target in listed for one in reader.key_for(target, key)) if key else ()
        groups.insert(0, Group(name=COMMAND_LINE, include=tuple(listed), ports=reader.ai, credentials=keys))
    reader.check_groups(groups)
    if reader.problems:
        raise TargetErrors(reader.problems)
    if chosen is not None:
        groups = [structs.replace(group, ports=chosen) for group in groups]
    return Targets(groups=tuple(groups), exclude=merged(everywhere), notes=tuple(reader.notes))
