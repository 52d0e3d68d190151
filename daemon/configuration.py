"""The configuration read whole and checked whole: every error with its place."""

import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from daemon.cron import CronError, read_cron
from daemon.peers import Access, access
from daemon.schedule import Blackout, Schedule, blackout, schedule
from livebom.bom.policy import Policy
from livebom.net.targets import TargetErrors, TargetProblem, Targets, read_targets
from livebom.settings import (
    BlackoutEntry,
    DataError,
    Place,
    Problem,
    ScheduleEntry,
    Settings,
    config_file,
    examine,
    load_settings,
    parse,
)
from livebom.settings.problem import path_text
from livebom.surfaces import cluster, load_catalog

_ZONE_REMEDY = "write a name of the IANA time zone database, such as Europe/Berlin"


class Configuration(Struct, frozen=True, kw_only=True):
    """Everything the daemon goes by, as it was when it was read; only what is whole becomes one."""

    file: Path | None
    settings: Settings
    policy: Policy
    policy_file: Path | None
    targets: Targets | None
    """As the names in them resolved then; None where there is no such file and nothing needs it."""
    targets_text: bytes
    schedules: dict[str, Schedule]
    blackouts: tuple[Blackout, ...]
    quiet_hours: tuple[Blackout, ...]
    """When the files of models may be read whole."""
    access: Access
    notes: tuple[str, ...]
    """What is no error, and may surprise."""
    loaded_at: datetime


class _Check:
    """Reads, and collects what is wrong."""

    def __init__(self, settings: Settings, file: Path | None, environment: Mapping[str, str]) -> None:
        self.settings, self.file, self.environment = settings, file, environment
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.place: Place = lambda *_: (0, 0)
        if file is not None:
            _, self.place, _ = examine(str(file), Settings)
        self.catalog = load_catalog()

    def wrong(self, steps: tuple[str | int, ...], reason: str, remedy: str) -> None:
        """A problem at that place of the settings file."""
        line, column = self.place("daemon", *steps)
        path = path_text(("daemon", *steps))
        self.problems.append(
            Problem(file=str(self.file), line=line, column=column, path=path, reason=reason, remedy=remedy)
        )

    def policy(self, path: Path | None) -> Policy:
        if path is None:
            return Policy()
        found, _, problems = examine(str(path), Policy)
        self.problems += problems
        return found or Policy()

    def targets(self) -> tuple[Targets | None, bytes]:
        path = Path(self.settings.daemon.targets)
        if path.suffix not in {".yaml", ".yml"}:
            self.wrong(("targets",), f"{path} is no YAML file by its name", "name a file of groups that ends in .yaml")
            return None, b""
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            if self.settings.daemon.schedules:
                self.wrong(("targets",), f"there is no file {path}", "write it (docs/targets.md), or name another one")
            else:
                self.notes.append(f"there is no {path}: only an admin can order sweeps, of targets that are named")
            return None, b""
        except OSError as error:
            self.wrong(("targets",), f"{path} cannot be read: {error.strerror}", "give the daemon's user the right")
            return None, b""
        try:
            targets = targets_of(text, path, self.catalog.ports, self.environment)
        except TargetErrors as errors:
            self.problems += [_problem(one, text) for one in errors.problems]
            return None, text
        self.notes += targets.notes
        return targets, text

    def schedules(self, targets: Targets | None) -> Iterator[Schedule]:
        daemon = self.settings.daemon
        groups = {group.name for group in targets.groups} if targets else None
        for name, entry in daemon.schedules.items():
            steps = ("schedules", name)
            before = len(self.problems)
            self.entry(steps, entry, groups)
            if len(self.problems) > before or not entry.enabled:
                continue
            ready = schedule(name, entry, self.sound_blackouts(daemon.blackouts), platform.node())
            now = datetime.now(UTC)
            if ready.next(now) is None:
                self.wrong(steps, "it never runs: a blackout lies over all its times", "shorten the blackouts")
            yield ready

    def entry(self, steps: tuple[str, ...], entry: ScheduleEntry, groups: set[str] | None) -> None:
        if entry.cron is not None:
            try:
                read_cron(entry.cron)
            except CronError as error:
                self.wrong((*steps, "cron"), *_halves(str(error)))
        self.zone((*steps, "zone"), entry.zone)
        for number, one in enumerate(entry.blackouts):
            self.zone((*steps, "blackouts", number, "zone"), one.zone)
        for number, group in enumerate(entry.groups):
            if groups is not None and group not in groups:
                known = ", ".join(sorted(groups)) or "none"
                self.wrong((*steps, "groups", number), f"there is no group `{group}`", f"the targets file has {known}")
        for number, product in enumerate(entry.servers):
            if product not in self.catalog.products:
                self.wrong(
                    (*steps, "servers", number), f"`{product}` is no product", "`livebom catalog` lists those known"
                )
        if entry.ports is not None:
            try:
                read_targets((), ai=self.catalog.ports, read_yaml=examine, ports=entry.ports)
            except TargetErrors as errors:
                self.wrong((*steps, "ports"), errors.problems[0].reason, "write 80,443,8000-8010 or ai")

    def zone(self, steps: tuple[str | int, ...], name: str) -> bool:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong(steps, f"`{name}` is no time zone of this host", _ZONE_REMEDY)
            return False
        return True

    def blackouts(self) -> tuple[Blackout, ...]:
        for number, one in enumerate(self.settings.daemon.blackouts):
            self.zone(("blackouts", number, "zone"), one.zone)
        return tuple(blackout(one) for one in self.sound_blackouts(self.settings.daemon.blackouts))

    def local(self) -> tuple[Blackout, ...]:
        """The quiet hours; clusters are looked up in the kubeconfig, and not asked."""
        entry = self.settings.daemon.local
        for number, one in enumerate(entry.quiet_hours):
            self.zone(("local", "quiet_hours", number, "zone"), one.zone)
        for context in entry.kubernetes:
            try:
                cluster(context, self.environment)
            except DataError as error:
                first = error.problems[0]
                self.notes.append(f"{first.file}: {first.reason}; {first.remedy}")
        return tuple(blackout(one) for one in self.sound_blackouts(entry.quiet_hours))

    def sound_blackouts(self, entries: tuple[BlackoutEntry, ...]) -> list[BlackoutEntry]:
        return [one for one in entries if _is_zone(one.zone)]


def read_configuration(flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Configuration:
    """The configuration in force, checked whole; it resolves the names in the targets file, and contacts nothing else.

    Raises DataError with every problem that was found, by file and line.
    """
    file = config_file(environment)
    settings = load_settings(flags, environment)
    check = _Check(settings, file, environment)
    blackouts, quiet_hours = check.blackouts(), check.local()
    targets, text = check.targets()
    schedules = {one.name: one for one in check.schedules(targets)}
    policy_file = settings.policy_file(environment)
    policy = check.policy(policy_file)
    if check.problems:
        raise DataError(sorted(check.problems, key=lambda one: (one.file, one.line, one.column)))
    who, notes = access(settings.daemon.roles)
    return Configuration(
        file=file,
        settings=settings,
        policy=policy,
        policy_file=policy_file,
        targets=targets,
        targets_text=text,
        schedules=schedules,
        blackouts=blackouts,
        quiet_hours=quiet_hours,
        access=who,
        notes=(*check.notes, *notes),
        loaded_at=datetime.now(UTC),
    )


def targets_of(text: bytes, path: Path, ai: Iterable[int], environment: Mapping[str, str]) -> Targets:
    """The groups in that text, their names resolved now. Raises TargetErrors."""

    def read_yaml(file: str, kind: type[Any]) -> tuple[Any, Place, tuple[Problem, ...]]:
        try:
            value, place = parse(text, kind, file)
        except DataError as error:
            return None, lambda *_: (0, 0), error.problems
        return value, place, ()

    return read_targets((), (str(path),), ai=ai, read_yaml=read_yaml, environment=environment)


def _problem(found: TargetProblem, text: bytes) -> Problem:
    """A problem of a target with its column, and its remedy where the reason holds one."""
    lines = text.decode(errors="replace").splitlines()
    line = lines[found.line - 1] if 0 < found.line <= len(lines) else ""
    reason, remedy = _halves(found.reason)
    return Problem(
        file=found.file,
        line=found.line,
        column=max(line.find(found.text.strip("`")), 0) + 1 if found.line else 0,
        path=found.text,
        reason=reason,
        remedy=remedy,
    )


def _halves(words: str) -> tuple[str, str]:
    reason, _, remedy = words.partition("; ")
    return reason, remedy or "see docs/targets.md"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
