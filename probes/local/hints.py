"""Which product a workload is, by the image and process hints of the fingerprints, before a packet is sent."""

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from livebom.recognise.rules import NOT_AI, Fingerprint
from probes.local.workload import Workload

_TELLERS = frozenset(
    {
        "bash", "cat", "crictl", "ctr", "dash", "docker", "emacs", "env", "find", "grep", "journalctl", "kubectl",
        "less", "man", "more", "nano", "nerdctl", "nsenter", "podman", "rg", "screen", "sed", "sh", "ssh", "strace",
        "su", "sudo", "systemctl", "tail", "timeout", "tmux", "vi", "vim", "watch", "zsh",
    }
)  # fmt: skip
"""Programs whose arguments speak of a server that they are not; what they start is a process of its own."""


SHOWN = 200
"""Characters of a command line or reference that are kept as evidence."""
_READ = 8192
"""Characters of one that are looked at."""
_KEPT = 4096


class Hint(Struct, frozen=True, order=True):
    """One reason to take a workload for a product."""

    product: str
    by: str
    """argv, image or environment, the surest first."""
    source: str
    evidence: str
    """What was read, with secrets removed."""


class _Patterns(Struct, frozen=True):
    one: Fingerprint
    process: Sequence[re.Pattern[str]]
    image: Sequence[re.Pattern[str]]
    environment: Sequence[re.Pattern[str]]


class Hints:
    """The hints of all products, compiled once."""

    def __init__(self, fingerprints: Iterable[Fingerprint]) -> None:
        """Products that are no AI by themselves, and generic ones, are left out."""
        self._patterns = [
            _Patterns(
                one,
                [re.compile(text) for text in one.hints.process],
                [re.compile(text) for text in one.hints.image],
                [re.compile(text) for text in one.hints.environment],
            )
            for one in fingerprints
            if one.role not in NOT_AI and one.role != "runtime" and not one.generic
        ]
        self._lines: dict[str, tuple[str, ...]] = {}
        self._images: dict[str, tuple[str, ...]] = {}

    def of(self, workload: Workload) -> tuple[Hint, ...]:
        """Every reason to take it for a product; the environment only where nothing better speaks.

        A variable can be a client's as well: it counts where the workload has a port that the product usually has.
        """
        found = tuple(sorted({*self._of_argv(workload), *self._of_image(workload)}))
        return found or tuple(sorted(set(self._of_environment(workload))))

    def _of_argv(self, workload: Workload) -> Iterator[Hint]:
        argv = workload.argv
        if not argv or (workload.source == "process" and argv[0].rpartition("/")[2] in _TELLERS):
            return
        line = " ".join(argv)[:_READ]
        found = self._lines.get(line)
        if found is None:
            found = tuple(p.one.product for p in self._patterns if any(one.search(line) for one in p.process))
            _keep(self._lines, line, found)
        yield from (Hint(product, "argv", workload.source, line[:SHOWN]) for product in found)

    def _of_image(self, workload: Workload) -> Iterator[Hint]:
        reference = workload.image.reference[:_READ] if workload.image else ""
        found = self._images.get(reference) if reference else ()
        if found is None:
            found = tuple(p.one.product for p in self._patterns if any(one.search(reference) for one in p.image))
            _keep(self._images, reference, found)
        yield from (Hint(product, "image", workload.source, reference[:SHOWN]) for product in found)

    def _of_environment(self, workload: Workload) -> Iterator[Hint]:
        ports = {one.port for one in workload.sockets or ()} | {one.inner for one in workload.published}
        for one in self._patterns if ports else ():
            for name in workload.env_names if ports.intersection(one.one.ports) else ():
                line = f"{name}={workload.env.get(name, '')}"
                if any(pattern.search(line) for pattern in one.environment):
                    yield Hint(one.one.product, "environment", workload.source, name)


def _keep(kept: dict[str, tuple[str, ...]], text: str, found: tuple[str, ...]) -> None:
    """Remember what was read; most containers of a host are started from few images."""
    if len(kept) >= _KEPT:
        kept.clear()
    kept[text] = found
