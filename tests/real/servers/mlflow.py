"""MLflow's tracking server without a login; slow: ten processes and 0.8 to 1.2 GB of memory."""

from tests.real.recipe import Command, Place, Ready, Recipe, installed

HOST = "127.0.0.32"


def _start(place: Place) -> Command:
    stores = ("--backend-store-uri", f"sqlite:///{place.folder}/mlflow.db", "--artifacts-destination", "artifacts")
    # Of loopback's addresses it answers the usual one alone, where it is not told more.
    options = ("--host", HOST, "--port", "5000", "--allowed-hosts", f"{HOST}:5000", "--workers", "1")
    argv = (place.program("mlflow"), "server", *options, *stores)
    return Command(argv, {"MLFLOW_DISABLE_TELEMETRY": "true"})


RECIPE = Recipe(
    host=HOST,
    port=5000,
    packages=("mlflow==3.17.2",),
    slow=True,
    start=_start,
    ready=Ready(path="/version"),
    deadline=300.0,
    product="mlflow",
    version=installed("mlflow"),
)
