"""The states a command line can name: a file of any readable format, `now`, a baseline, a sweep or a time."""

import os
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from livebom.answers import UnknownState, moment
from livebom.bom.document import Document
from livebom.bom.policy import Policy
from livebom.bom.text import safe_text
from livebom.cli.listing import read_store
from livebom.cli.when import When
from livebom.store import Store


def state_of(reference: str, db: str | None) -> Document:
    """The state that the reference means; a file that is there goes before everything else, `-` is stdin.

    Raises ReadProblem for a file that is no document, StoreError where there is no store, click.UsageError for a
    reference that means nothing.
    """
    if (data := _bytes(reference)) is not None:
        from livebom.readers import read

        return read(data, reference)
    with read_store(db) as store:
        return store.document(asked(store, reference))


def asked(store: Store, reference: str) -> datetime | None:
    """The moment that the reference means in that store; None is now. Raises click.UsageError for nonsense."""
    try:
        return moment(store, reference)
    except UnknownState as unknown:
        with suppress(click.UsageError):
            return When().convert(reference, None, None)
        raise click.UsageError(safe_text(str(unknown), 300)) from None


def daemon_state(reference: str) -> str:
    """The reference as the daemon understands it: times as people write them become RFC 3339, names stay."""
    try:
        return When().convert(reference, None, None).isoformat() if reference != "now" else reference
    except click.UsageError:
        return reference


def _bytes(reference: str) -> bytes | None:
    """The bytes of the file of that name; None where the reference is no file."""
    if reference == "-":
        return sys.stdin.buffer.read()
    path = Path(reference)
    if path.is_file() or path.suffix[1:].isalpha() or "/" in reference:
        try:
            return path.read_bytes()
        except OSError as error:
            raise click.UsageError(f"{safe_text(reference, 200)} cannot be read: {error.strerror}") from None
    return None


def policy_of(path: Path | None) -> Policy:
    """The policy that counts: the file that was named, else the one of the settings, else one that changes nothing.

    Raises DataError for one that cannot be read, with file, line and column.
    """
    from livebom.settings import load_settings, read

    path = path or load_settings({}, os.environ).policy_file(os.environ)
    return read(path, Policy) if path else Policy()
