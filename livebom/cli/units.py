"""The files that make livebom a service of systemd: what belongs where, with this installation's program in it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from livebom import HOUSE

PACKAGED = "/usr/bin/livebom"
"""The program in the unit files as they are shipped."""
_FOLDERS = {"system": "systemd/system", "sysusers.d": "sysusers.d", "tmpfiles.d": "tmpfiles.d"}
_CONFIGURATION = ("livebom.yaml", "policy.yaml", "targets.yaml")
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - what the units hide, not what is used
"""What ProtectHome= and PrivateTmp= hide (systemd.exec(5))."""
_PLAIN = re.compile(r"\A(/[A-Za-z0-9._+@-]+)+\Z")
"""A path that needs no quoting in a unit file, where spaces, quotes, % and $ mean something."""


class ProgramError(Exception):
    """The units cannot start that program; the text says why and what to do."""


class Placed(Struct, frozen=True, kw_only=True):
    """One file and what will be done with it."""

    path: Path
    text: str
    keep: bool = False
    """What is there already is somebody's own and stays."""

    @property
    def fate(self) -> str:
        """`new`, `changed`, `same`, or `kept`."""
        try:
            before = self.path.read_text(encoding="utf-8", errors="surrogateescape")
        except FileNotFoundError:
            return "new"
        if self.keep:
            return "kept"
        return "same" if before == self.text else "changed"


def placed(root: Path, prefix: str, program: str) -> list[Placed]:
    """Every file, below the root: the units under the prefix, the configuration under /etc/livebom."""
    base = root / prefix.strip("/")
    files = [
        Placed(path=base / folder / path.name, text=path.read_text(encoding="utf-8").replace(PACKAGED, program))
        for name, folder in _FOLDERS.items()
        for path in sorted((HOUSE / "systemd" / name).iterdir())
    ]
    own = root / "etc" / "livebom"
    files += [
        Placed(path=own / name, text=(HOUSE / "config" / name).read_text(encoding="utf-8"), keep=True)
        for name in _CONFIGURATION
    ]
    return files


def own_program() -> Path:
    """The `livebom` beside the Python that runs this."""
    return Path(sys.executable).parent / "livebom"


def sound(program: Path, *, here: bool) -> str:
    """The program as the units name it; `here` where it is to run on this host, and so can be looked at.

    Raises ProgramError where the units could not start it.
    """
    if not _PLAIN.match(str(program)):
        raise ProgramError(f"{program} is no absolute path of plain letters; install livebom in another folder")
    for path in _behind(program) if here else (program,):
        if hidden := next((one for one in _HIDDEN if path.is_relative_to(one)), None):
            raise ProgramError(
                f"{path} lies in {hidden}, which the units cannot see; install livebom for the whole host, such as in "
                "/opt/livebom, with a Python that lies outside as well"
            )
    if here and not program.is_file():
        raise ProgramError(f"there is no program {program}; name it with --program")
    return str(program)


def _behind(program: Path) -> Iterator[Path]:
    """Whatever has to be seen to start it: the file, and the Python it names in its first line."""
    yield from (program, program.resolve())
    try:
        with program.open("rb") as file:
            first = file.readline(4096)
    except OSError:
        return
    if first.startswith(b"#!/"):
        python = Path(first[2:].decode(errors="surrogateescape").split()[0])
        yield from (python, python.resolve())
