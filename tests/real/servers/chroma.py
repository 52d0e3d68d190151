"""Chroma's server, which tells 1.0.0 whatever release it is, so no version is to be reported."""

from tests.real.recipe import Command, Place, Ready, Recipe


def _start(place: Place) -> Command:
    argv = (place.program("chroma"), "run", "--path", str(place.folder / "data"), "--host", HOST, "--port", "8000")
    return Command(argv, {"ANONYMIZED_TELEMETRY": "False"})


HOST = "127.0.0.13"
RECIPE = Recipe(
    host=HOST,
    port=8000,
    packages=("chromadb==1.5.9",),
    start=_start,
    ready=Ready(path="/api/v2/heartbeat"),
    product="chroma",
)
