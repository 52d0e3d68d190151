"""`livebom syn-sender`: what the unit `livebom-syn@.service` runs for each plan that the daemon hands over."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from livebom.bom.text import safe_text
from livebom.cli.caller import refusal
from livebom.cli.errors import USAGE, complain, told

if TYPE_CHECKING:
    from probes.engine.plan import Run


@click.command(name="syn-sender", hidden=True)
@click.option("--caller", required=True, metavar="USER", help="Beside root, the only account that may hand over plans.")
@told
def command(caller: str) -> int:
    """Take one plan from the socket that is the standard input, and look at it by SYN probes.

    The service manager starts it. It sends to no address that the targets file of the settings does not hold.
    """
    from probes.engine.syn import sender

    if why := refusal(caller, "livebom-syn.socket", "hand over plans"):
        return complain(why, USAGE)
    sender.serve(0, 1, _judge)
    return 0


def _judge(runs: Sequence["Run"]) -> None:
    """Compare the plan with the targets file; every reason against it is an UnfitError."""
    from livebom.cli.fence import fence
    from livebom.net.target import TargetError
    from livebom.settings import DataError, load_settings
    from probes.engine.syn.routes import UnfitError

    try:
        settings = load_settings({}, os.environ)
        its = fence(Path(settings.daemon.targets), settings.ports_never)
    except (DataError, TargetError, OSError) as error:
        raise UnfitError(f"the sender cannot read the targets file: {safe_text(str(error), 500)}") from error
    its.judge(runs)
