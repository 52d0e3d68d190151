"""The settings of `config/livebom.yaml`: what they may be, their defaults, and who has the last word."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from livebom import __version__
from livebom.settings.daemon import Daemon
from livebom.settings.problem import DataError, Problem
from livebom.settings.reading import read

PREFIX = "LIVEBOM_"
"""A setting's environment variable is this and its name in capitals."""

_OTHER_VARIABLES = {"LIVEBOM_CONFIG"}

Port = Annotated[int, Meta(ge=1, le=65535)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about livebom that can be set for a whole machine; `docs/settings.md` says when to change what."""

    db: str | None = None
    """The store's file; None is the default place, see `database`."""
    policy: str | None = None
    """The policy's file; None is the default place, see `policy_file`."""
    rate: Annotated[float, Meta(gt=0, le=1_000_000)] = 1000.0
    """Connection attempts and requests per second, all groups together."""
    per_host_rate: Annotated[float, Meta(ge=0, le=1_000_000)] = 200.0
    """Of them to one address; 0 is no cap. FreeBSD answers 200 closed ports per second (net.inet.icmp.icmplim)."""
    per_net_rate: Annotated[float, Meta(ge=0, le=1_000_000)] = 1000.0
    """Of them to one /24 or IPv6 /64; 0 is no cap."""
    timeout: Annotated[float, Meta(gt=0, le=60)] = 2.0
    """Seconds to wait for a connection, and then for an answer to begin."""
    per_host: Annotated[int, Meta(ge=1, le=64)] = 4
    """Conversations at once with one address."""
    concurrency: Annotated[int, Meta(ge=1, le=4096)] = 256
    """Conversations at once in all."""
    gone_after: Annotated[int, Meta(ge=1, le=100)] = 3
    """Complete looks that must miss a thing before it counts as gone."""
    keep_raw: Annotated[int, Meta(ge=0, le=36_500)] = 90
    """Days for which evidence, asks and bodies stay in the store, before they move to Parquet; 0 keeps them in it."""
    hash_rate: Annotated[float, Meta(ge=0, le=100_000)] = 200.0
    """Megabytes per second that are read to hash the files of models on this host; 0 is no cap."""
    hash_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 600.0
    """How long one look may do so; the next one goes on."""
    user_agent: Annotated[str, Meta(pattern=r"\A[ -~]*livebom[ -~]*\Z", max_length=200)] = (
        "livebom/{version} (AI inventory, reads only)"
    )
    """What servers see; it must name livebom, and `{version}` is replaced by ours."""
    ports_never: tuple[Port, ...] = (515, 6101, 9100, 9101, 9102, 9103, 9104, 9105, 9106, 9107)
    """Never contacted on any address: what these ports are sent is printed on paper."""
    daemon: Daemon = Daemon()
    """When it sweeps what, and who may ask it for what."""

    def __post_init__(self) -> None:
        if "{version}" in self.user_agent:
            msgspec.structs.force_setattr(self, "user_agent", self.user_agent.replace("{version}", __version__))

    def database(self, environment: Mapping[str, str]) -> Path:
        """The store's file: `db`, else `livebom/livebom.duckdb` under XDG_STATE_HOME, else under `~/.local/state`."""
        if self.db is not None:
            return _at_home(self.db, environment)
        return _base(environment, "XDG_STATE_HOME", "~/.local/state") / "livebom" / "livebom.duckdb"

    def policy_file(
        self, environment: Mapping[str, str], system: Path = Path("/etc/livebom/policy.yaml")
    ) -> Path | None:
        """The policy's file: `policy`, else the system's, else the user's, else none.

        A file that was named is returned whether it is there or not, so that reading it tells.
        """
        if self.policy is not None:
            return _at_home(self.policy, environment)
        user = _base(environment, "XDG_CONFIG_HOME", "~/.config") / "livebom" / "policy.yaml"
        return next((path for path in (system, user) if path.is_file()), None)


def _at_home(path: str, environment: Mapping[str, str]) -> Path:
    home = environment.get("HOME")
    return Path(home) / path[2:] if home and path.startswith("~/") else Path(path).expanduser()


def _base(environment: Mapping[str, str], variable: str, otherwise: str) -> Path:
    """An XDG base folder; the specification says that a relative path is to be ignored."""
    given = Path(environment.get(variable, ""))
    return given if given.is_absolute() else _at_home(otherwise, environment)


def config_file(environment: Mapping[str, str], system: Path = Path("/etc/livebom/livebom.yaml")) -> Path | None:
    """The settings file that counts: `$LIVEBOM_CONFIG`, else the system's, else the user's, else none.

    A file named by `$LIVEBOM_CONFIG` is returned whether it is there or not, so that reading it tells.
    """
    if named := environment.get("LIVEBOM_CONFIG"):
        return _at_home(named, environment)
    user = _base(environment, "XDG_CONFIG_HOME", "~/.config") / "livebom" / "livebom.yaml"
    return next((path for path in (system, user) if path.is_file()), None)


def load_settings(
    flags: Mapping[str, Any], environment: Mapping[str, str], system: Path = Path("/etc/livebom/livebom.yaml")
) -> Settings:
    """The settings in force: a flag wins over the environment, that over the file, that over the default.

    Args:
        flags: Setting's name to its value; None means the flag was not given.
        environment: The process's environment, `os.environ`.
        system: The system's settings file.

    Raises:
        DataError: A value is not what its setting takes, or a LIVEBOM_ variable is no setting; every one is told.
    """
    path = config_file(environment, system)
    settings = read(path, Settings) if path else Settings()
    problems: list[Problem] = []
    changed: dict[str, Any] = {}
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and variable not in _OTHER_VARIABLES:
            name = variable.removeprefix(PREFIX).lower()
            _take(changed, problems, name, _from_text(name, text), f"environment variable {variable}", strict=False)
    for name, value in flags.items():
        if value is not None:
            _take(changed, problems, name, value, f"--{name.replace('_', '-')}", strict=True)
    if problems:
        raise DataError(problems)
    return msgspec.structs.replace(settings, **changed)


def _from_text(name: str, text: str) -> Any:
    lists = {field.name for field in msgspec.structs.fields(Settings) if isinstance(field.default, tuple)}
    return [part.strip() for part in text.split(",") if part.strip()] if name in lists else text


def _take(
    changed: dict[str, Any], problems: list[Problem], name: str, value: Any, origin: str, *, strict: bool
) -> None:
    """Checks one value by itself, so that a complaint names where it came from."""
    known = Settings.__struct_fields__
    if name not in known:
        remedy = "the settings are " + ", ".join(known)
        problems.append(Problem(file=origin, reason=f"there is no setting `{name}`", remedy=remedy))
        return
    try:
        changed[name] = getattr(msgspec.convert({name: value}, Settings, strict=strict), name)
    except msgspec.ValidationError as error:
        reason = str(error).partition(" - at `")[0]
        problems.append(Problem(file=origin, reason=reason[:1].lower() + reason[1:], remedy="see docs/settings.md"))
