"""Secrets of sinks: read where the policy says they are, at each delivery, so that a new one needs no restart."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from livebom.alerts.carrier import Undelivered
from livebom.bom.alerting import SecretFrom

_CAP = 8192


def revealed(source: SecretFrom, environment: Mapping[str, str]) -> str:
    """The secret without the white space around it; what calls this must neither keep nor print it.

    Raises Undelivered, whose text names the place and never the secret.
    """
    if source.environment is not None:
        found, place = environment.get(source.environment, ""), f"the variable {source.environment}"
    elif source.file is not None:
        found, place = _read(Path(source.file)), source.file
    else:
        folder = environment.get("CREDENTIALS_DIRECTORY", "")
        place = f"the credential {source.credential}"
        if not folder:
            raise Undelivered(f"{place} is not there: systemd handed none over (LoadCredential=)")
        found = _read(Path(folder, source.credential or ""))
    secret = found.strip()
    if not secret:
        raise Undelivered(f"{place} holds no secret")
    if not secret.isascii() or not secret.isprintable():
        raise Undelivered(f"{place} holds more than one line of plain ASCII")
    return secret


def _read(path: Path) -> str:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise Undelivered(f"{path} is no regular file")
            if mode & stat.S_IROTH:
                raise Undelivered(f"{path} can be read by everybody: chmod o= {path}")
            data = file.read(_CAP + 1)
    except OSError as error:
        raise Undelivered(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > _CAP:
        raise Undelivered(f"{path} is longer than {_CAP} bytes")
    return data.decode("utf-8", "replace")
