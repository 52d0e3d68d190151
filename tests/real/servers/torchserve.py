"""TorchServe without tokens: its own Java server with one registered archive and no worker, so no torch is needed."""

import json
from zipfile import ZipFile

from tests.real.recipe import Command, Further, Place, Ready, Recipe, installed

HOST = "127.0.0.20"

_ARCHIVE = "tiny.mar"
_MANIFEST = {
    "createdOn": "01/01/2026 00:00:00",
    "runtime": "python",
    "model": {"modelName": "tiny", "modelVersion": "1.0", "handler": "handler.py"},
    "archiverVersion": "0.12.0",
}
_HANDLER = """
def handle(data, context):
    return ["ok"] * len(data or [])
"""
# A worker is a Python process that imports torch: gigabytes where the machine has no CPU build at hand. What answers on
# all the ports is the Java server, which lists a model without a worker too. Only a snapshot may ask for none.
_WORKERS = {"minWorkers": 0, "maxWorkers": 0, "batchSize": 1, "maxBatchDelay": 100, "responseTimeout": 60}


def _start(place: Place) -> Command:
    store = place.folder / "store"
    store.mkdir()
    with ZipFile(store / _ARCHIVE, "w") as archive:
        archive.writestr("MAR-INF/MANIFEST.json", json.dumps(_MANIFEST))
        archive.writestr("handler.py", _HANDLER)
    model = {"defaultVersion": True, "marName": _ARCHIVE, **_WORKERS}
    settings = {
        "inference_address": f"http://{HOST}:8080",
        "management_address": f"http://{HOST}:8081",
        "metrics_address": f"http://{HOST}:8082",
        "grpc_inference_address": HOST,
        "grpc_management_address": HOST,
        "model_store": str(store),
        "model_snapshot": json.dumps({"name": "tiny", "modelCount": 1, "models": {"tiny": {"1.0": model}}}),
        "disable_system_metrics": "true",
        "disable_token_authorization": "true",
    }
    text = "".join(f"{key}={value}\n" for key, value in settings.items())
    configuration = place.write("config.properties", text)
    argv = (place.program("torchserve"), "--start", "--foreground", "--ncs", "--ts-config", configuration)
    return Command(argv, {"LOG_LOCATION": str(place.folder / "logs"), "METRICS_LOCATION": str(place.folder / "logs")})


RECIPE = Recipe(
    host=HOST,
    port=8080,
    further=(Further(port=8081, models=("tiny",)), Further(port=8082)),
    further_ports=(7070, 7071),
    packages=("torchserve==0.12.0", "pyyaml==6.0.3"),
    programs=("java",),
    start=_start,
    ready=Ready(words="Model server started."),
    product="torchserve",
    version=installed("torchserve"),
)
