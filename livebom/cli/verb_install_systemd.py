"""`livebom install-systemd`: lay the units, the account and the folders, so that systemd can run the daemon."""

import shutil
import subprocess
from pathlib import Path

import click

from livebom.cli.errors import INTERNAL, USAGE, complain, told
from livebom.cli.output import write_whole
from livebom.cli.units import ProgramError, own_program, placed, sound

_BOOTED = Path("/run/systemd/system")
"""It is there where systemd runs the host (sd_booted(3))."""
_PATIENCE = 120


@click.command(name="install-systemd")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option(
    "--root", type=click.Path(path_type=Path), default=Path("/"), metavar="DIR", help="Install into the tree below it."
)
@click.option("--prefix", default="/etc", metavar="DIR", help="Where units lie; packages take /usr/lib. [/etc]")
@click.option(
    "--program", type=click.Path(path_type=Path), metavar="FILE", help="What the units start (default: this)."
)
@click.option("--enable", is_flag=True, help="Start the daemon now and at each boot.")
@told
def command(dry_run: bool, root: Path, prefix: str, program: Path | None, enable: bool) -> int:
    """Make livebom a service of this host: units, the account livebom, its groups and folders, and a configuration.

    What stands in /etc/livebom stays as it is; the units are written anew, own wishes belong into drop-ins.

    \b
    livebom install-systemd --dry-run
    livebom install-systemd --enable
    """
    here = root.resolve() == Path("/")
    try:
        files = placed(root, prefix, sound(program or own_program(), here=here))
    except ProgramError as error:
        return complain(str(error), USAGE)
    fates = {one.path: one.fate for one in files}
    for path, fate in fates.items():
        click.echo(f"{fate:<8}{path}")
    for one in files:
        if not dry_run and fates[one.path] in {"new", "changed"}:
            one.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(one.path, one.text)
    for words in _commands(root, prefix, here=here, enable=enable):
        click.echo(f"{'run':<8}{' '.join(words)}")
        if not dry_run and (why := _run(words)):
            return complain(f"{words[0]}: {why}", INTERNAL)
    click.echo("nothing was done" if dry_run else _next(here=here, enable=enable, changed="changed" in fates.values()))
    return 0


def _commands(root: Path, prefix: str, *, here: bool, enable: bool) -> list[list[str]]:
    """What has to be run afterwards, in this order."""
    base = root / prefix.strip("/")
    tree = [] if here else [f"--root={root.resolve()}"]
    commands = [
        ["systemd-sysusers", *tree, str((base / "sysusers.d" / "livebom.conf").resolve())],
        ["systemd-tmpfiles", *tree, "--create", str((base / "tmpfiles.d" / "livebom.conf").resolve())],
    ]
    live = here and _BOOTED.is_dir()
    if live:
        commands.append(["systemctl", "daemon-reload"])
    if enable:
        commands.append(["systemctl", *tree, "enable", *(["--now"] if live else []), "livebom.service"])
    return commands


def _run(words: list[str]) -> str:
    """Run it; why it failed, empty where it did not."""
    if shutil.which(words[0]) is None:
        return "it is not installed here; it comes with systemd"
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired:
        return f"it did not end within {_PATIENCE} s"
    return "" if done.returncode == 0 else done.stderr.strip() or f"it ended with {done.returncode}"


def _next(*, here: bool, enable: bool, changed: bool) -> str:
    """What is left to do."""
    if enable:
        return (
            "livebom is to run; `systemctl restart livebom` takes up changed units" if changed else "livebom is to run"
        )
    if not here:
        return "the tree is ready; in it, `systemctl enable --now livebom.service` starts the daemon"
    return "edit /etc/livebom, check it with `livebom config check`, and `systemctl enable --now livebom.service`"
