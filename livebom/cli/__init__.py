"""The command line: a group whose verbs are the modules of this folder that hold a `command`, loaded when used."""

from importlib import import_module
from pkgutil import iter_modules
from typing import cast

import click

from livebom import __version__


class Verbs(click.Group):
    """Finds its verbs by walking the folder, so that adding one is adding a file."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, sorted."""
        return sorted(
            m.name.removeprefix("verb_").replace("_", "-") for m in iter_modules(__path__) if m.name.startswith("verb_")
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, None for an unknown one."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{__name__}.verb_{cmd_name.replace('-', '_')}")
        return cast("click.Command", module.command)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="livebom")
def main() -> None:
    """Keep a living bill of materials of the AI you run.

    \b
    livebom discover 10.0.0.0/24          find AI servers, name their models, judge how they are set up
    livebom discover gpu1.example:8000    look at one place
    livebom services                      what is known to run now
    """
