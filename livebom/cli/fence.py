"""What the SYN sender reads for itself before it sends: which addresses the targets file holds."""

from collections.abc import Sequence
from pathlib import Path

from livebom.net.ranges import Index, Range, merged, without
from livebom.net.target import read_excluded, read_target, resolve_name
from livebom.net.target_file import TargetFile
from livebom.settings import read
from probes.engine.plan import Run
from probes.engine.syn.routes import UnfitError


class Fence:
    """The addresses that a targets file includes and does not exclude."""

    def __init__(self, runs: Sequence[Range], ports_never: Sequence[int] = ()) -> None:
        self._within = Index(merged(runs))
        self._never = frozenset(ports_never)

    def judge(self, runs: Sequence[Run]) -> None:
        """Raises UnfitError where a plan holds an address outside, or a port that is contacted nowhere."""
        for run in runs:
            whole = Range(run.first, run.last, run.family)
            if without((whole,), self._within.meeting(whole)):
                raise UnfitError(f"the targets file does not hold all of {whole}")
            if wrong := self._never.intersection(run.ports):
                raise UnfitError(f"port {min(wrong)} is never contacted")


def fence(file: Path, ports_never: Sequence[int]) -> Fence:
    """The fence of that file, names resolved now. Raises DataError, OSError, and TargetError for a wrong target."""
    targets = read(file, TargetFile)
    zones: dict[str, tuple[list[Range], list[Range]]] = {}
    for group in targets.groups.values():
        held, cut = zones.setdefault(group.zone, ([], []))
        held += [run for text in group.include for run in read_target(text, resolve_name, "").ranges]
        cut += [run for text in group.exclude for run in read_excluded(text, resolve_name)]
    everywhere = [run for text in targets.exclude for run in read_excluded(text, resolve_name)]
    return Fence([run for held, cut in zones.values() for run in without(held, (*cut, *everywhere))], ports_never)
