"""Headers and credentials as the command line takes them: what is wrong is told without the text itself."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct

from livebom.cli.errors import complain
from livebom.net.credentials import CredentialError, Header, bearer_from_file, read_header

F = TypeVar("F", bound=Callable[..., Any])


class Keys(Struct, frozen=True):
    """What one call sends beyond its asks."""

    plain: tuple[Header, ...]
    """With every ask."""
    credential: tuple[Header, ...]
    """With the second look alone, where a stranger was turned away."""


class HeaderText(click.ParamType[Header]):
    """`Name: value`."""

    name = "header"

    def convert(self, value: str | Header, param: click.Parameter | None, ctx: click.Context | None) -> Header:
        """The header; fails without repeating the text, which may be a secret."""
        if isinstance(value, Header):
            return value
        try:
            return read_header(value)
        except CredentialError as error:
            self.fail(str(error), param, ctx)


def key_options(command: F) -> F:
    """The two options of a verb that asks with headers of the user's: `header` and `bearer_file`."""
    header = click.option(
        "--header",
        multiple=True,
        type=HeaderText(),
        metavar="'NAME: VALUE'",
        help="Send this with every ask; one that is a credential goes like --bearer-file.",
    )
    bearer = click.option(
        "--bearer-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Look again with this bearer token where a stranger is turned away; for single targets only.",
    )
    return header(bearer(command))


def own_keys(headers: Sequence[Header], bearer_file: Path | None, *, quiet: bool) -> Keys:
    """What the options come to; a note is told on stderr unless quiet. Raises click.BadParameter."""
    given = list(headers)
    if bearer_file is not None:
        try:
            header, note = bearer_from_file(bearer_file)
        except CredentialError as error:
            raise click.BadParameter(str(error), param_hint="--bearer-file") from None
        given.append(header)
        if note and not quiet:
            complain(f"note: {note}", 0)
    names = [header.name.lower() for header in given]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise click.BadParameter(f"{', '.join(twice)} is given twice", param_hint="--header")
    return Keys(tuple(h for h in given if not h.secret), tuple(h for h in given if h.secret))
