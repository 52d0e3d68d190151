"""How a workload was started: its options and variables, wherever they were given, each with where it stands."""

import shlex
from collections.abc import Iterator, Sequence

from msgspec import Struct

from probes.local.group import Instance
from probes.local.hints import SHOWN
from probes.local.workload import Workload

SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
_FALSE = frozenset({"", "0", "false", "no", "off", "f", "n"})


class Given(Struct, frozen=True):
    """An option or variable that was given."""

    value: str
    """Empty for a flag without one, and for a variable whose value is not known."""
    evidence: str
    known: bool = True
    """Whether the value could be read; secrets cannot."""
    name: str = ""

    @property
    def on(self) -> bool:
        """Whether a switch of that value is on; one without a value is."""
        return not self.known or self.value.strip().lower() not in _FALSE or self.evidence.startswith("argv: ")


class Started(Struct, frozen=True):
    """How one instance was started, by its first process and its containers."""

    workloads: tuple[Workload, ...]

    @property
    def lines(self) -> tuple[tuple[str, ...], ...]:
        """The command lines: that of the process where there is one, then the runtimes'."""
        return tuple(plain(one.argv) for one in self.workloads if one.argv)

    @property
    def tells(self) -> bool:
        """Whether a command line is known at all."""
        return bool(self.lines)

    @property
    def tells_env(self) -> bool:
        """Whether the names of the variables are known."""
        return any(one.env_names for one in self.workloads)

    def option(self, *names: str, env: Sequence[str] = ()) -> Given | None:
        """The option of one of these names, the last one given; else the variable; None where neither was given."""
        for words in self.lines:
            if found := tuple(_options(words, names)):
                return found[-1]
        return self.variable(*env)

    def every(self, *names: str) -> tuple[Given, ...]:
        """Every time that an option was given, on the first command line that has it."""
        return next((found for words in self.lines if (found := tuple(_options(words, names)))), ())

    def switch(self, *names: str, env: Sequence[str] = ()) -> Given | None:
        """A flag that needs no value, or a variable that turns it on."""
        found = next((given for one in self.workloads for given in _flags(plain(one.argv), names)), None)
        told = found or self.variable(*env)
        return told if told is not None and told.on else None

    def variable(self, *names: str) -> Given | None:
        """The variable of one of these names."""
        for one in self.workloads:
            for name in names:
                if name in one.env:
                    return Given(one.env[name], f"environment of {one.source}: {name}={one.env[name]}", name=name)
                if name in one.env_names:
                    return Given("", f"environment of {one.source}: {name}", known=False, name=name)
        return None

    @property
    def user(self) -> tuple[str, str]:
        """Who it runs as and who says so; empty where nobody knows."""
        return next(((one.user, one.source) for one in self.workloads if one.user), ("", ""))


def started(instance: Instance) -> Started:
    """How it was started: by the process that is the server, as its hints say, else its first one; then as told."""
    lines = {hint.evidence for hint in instance.hints if hint.source == "process" and hint.by == "argv"}
    heads = [one for one in instance.processes if " ".join(one.argv)[:SHOWN] in lines] or instance.processes
    return Started((*heads[:1], *instance.containers))


def plain(argv: Sequence[str]) -> tuple[str, ...]:
    """The command line; of `sh -c "…"` what the shell is to run."""
    if len(argv) >= 3 and argv[0].rpartition("/")[2] in SHELLS and argv[1] in {"-c", "-lc", "-ec"}:
        try:
            return (*shlex.split(argv[2]), *argv[3:])
        except ValueError:
            return tuple(argv)
    return tuple(argv)


def _options(words: Sequence[str], names: Sequence[str]) -> Iterator[Given]:
    for place, word in enumerate(words):
        name, mark, value = word.partition("=")
        if name not in names:
            continue
        following = words[place + 1] if place + 1 < len(words) else ""
        taken = not mark and bool(following) and not _is_option(following)
        value = value if mark else following if taken else ""
        yield Given(value, f"argv: {name} {value}".rstrip(), name=name)


def _flags(words: Sequence[str], names: Sequence[str]) -> Iterator[Given]:
    for word in words:
        name, mark, value = word.partition("=")
        if name in names and not (mark and value.strip().lower() in _FALSE):
            yield Given(value, f"argv: {word}", name=name)


def _is_option(word: str) -> bool:
    return word.startswith("-") and not word[1:2].isdigit()
