"""PostgreSQL with the extension pgvector, without a password: before a login it tells neither extension nor version."""

import os

from tests.real.recipe import Command, Place, Ready, Recipe

HOST = "127.0.0.28"

_SCRIPT = """
set -e
"$BIN/initdb" -D data -A trust -U postgres -E UTF8 --locale=C --no-sync
echo 'create extension vector' | "$BIN/postgres" --single -D data postgres
exec "$BIN/postgres" -D data -h "$HOST" -p 5432 -k "$PWD" -F
"""
# PostgreSQL refuses to run as root, so root has another number in a user namespace of the server's own.
_NOT_ROOT = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")


def _start(place: Place) -> Command:
    shell = ("sh", "-c", _SCRIPT)
    argv = (*_NOT_ROOT, *shell) if os.geteuid() == 0 else shell
    return Command(argv, {"BIN": str(place.packages / "pgserver" / "pginstall" / "bin"), "HOST": HOST})


RECIPE = Recipe(
    host=HOST,
    port=5432,
    packages=("pgserver==0.1.4",),
    start=_start,
    ready=Ready(words="database system is ready to accept connections"),
    layer="postgresql",
)
