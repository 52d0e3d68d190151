"""The form of `config/targets.yaml`, and what its reader must be able to do; who calls hands the reader in."""

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from livebom.net.scope import Exposure

Word = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9_.-]*\Z", max_length=64)]
Text = Annotated[str, Meta(pattern=r"\S", max_length=300)]


class OwnerEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose the services are that `match` fits: addresses, a label `key=value`, or a name."""

    match: Text
    owner: Text


class CredentialEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the secret for one origin is found; the secret itself never stands in the file."""

    origin: Text
    """`https://10.0.0.5:8000`: scheme, host and port."""
    bearer_file: Text | None = None
    """A file whose text is a bearer token; a relative path starts from the targets file's folder."""
    bearer_env: Text | None = None
    """The environment variable that holds it."""
    header_env: dict[Text, Text] = {}
    """Header name to the environment variable that holds its value."""


class GroupEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One group as it stands in the file; `livebom.net.group.Group` is what it means."""

    include: list[str] = []
    exclude: list[str] = []
    ports: str | int | list[str | int] = "ai"
    pace: Annotated[float, Meta(gt=0, le=1_000_000)] | None = None
    zone: Word = "default"
    exposure: Exposure | None = None
    owners: list[OwnerEntry] = []
    labels: dict[str, str] = {}
    ptr: bool = False
    """Ask the system's resolver for the names of addresses where something answers; owner rules may match them."""
    credentials: list[CredentialEntry] = []


class TargetFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    groups: dict[Word, GroupEntry]
    exclude: list[str] = []
    """Never contacted, whichever group includes it, in any zone."""


class FileProblem(Protocol):
    """One thing that is wrong in the file."""

    @property
    def line(self) -> int:
        """From 1; 0 where the whole file is meant."""

    @property
    def path(self) -> str:
        """Where in the document."""

    @property
    def reason(self) -> str:
        """Why it is wrong."""

    @property
    def remedy(self) -> str:
        """What to do about it."""


Place = Callable[..., tuple[int, int]]
"""From the steps of a path (`"groups", "lab", "include", 2`) to line and column, from 1, of the value there."""

ReadYaml = Callable[[str, type[TargetFile]], tuple[TargetFile | None, Place, Sequence[FileProblem]]]
"""From a file's name to its content and places, or None and the problems: `livebom.settings.examine`."""
