"""NVIDIA's own tritonserver, from the wheel of PyTriton, on the CPU with one Python model."""

import re
import sysconfig

from tests.real.recipe import Command, Further, Place, Ready, Recipe, interpreter

HOST = "127.0.0.11"

_MODEL = """
import triton_python_backend_utils as backend


class TritonPythonModel:
    def execute(self, requests):
        given = [backend.get_input_tensor_by_name(request, "IN").as_numpy() for request in requests]
        return [backend.InferenceResponse([backend.Tensor("OUT", array)]) for array in given]
"""
_CONFIGURATION = """
backend: "python"
input [{ name: "IN" data_type: TYPE_FP32 dims: [1] }]
output [{ name: "OUT" data_type: TYPE_FP32 dims: [1] }]
instance_group [{ kind: KIND_CPU count: 1 }]
"""


def _start(place: Place) -> Command:
    place.write("models/tiny-identity/config.pbtxt", _CONFIGURATION)
    place.write("models/tiny-identity/1/model.py", _MODEL)
    shipped = place.packages / "pytriton" / "tritonserver"
    # The wheel keeps the backend and the stub, one for every Python, apart; the server wants them in one folder.
    backend = place.folder / "backends" / "python"
    backend.mkdir(parents=True)
    stub = shipped / "python_backend_stubs" / interpreter() / "triton_python_backend_stub"
    for file in (*(shipped / "backends" / "python").iterdir(), stub):
        (backend / file.name).symlink_to(file)
    argv = (
        str(shipped / "bin" / "tritonserver"),
        "--model-repository=models",
        "--backend-directory=backends",
        *(f"--{service}-address={HOST}" for service in ("http", "grpc", "metrics")),
    )
    # The stub is linked to libpython, and must find numpy where this server has it.
    libraries = str(sysconfig.get_config_var("LIBDIR"))
    return Command(argv, {"LD_LIBRARY_PATH": libraries, "PYTHONPATH": str(place.packages)})


def _version(place: Place) -> str | None:
    """The wheel has a version of its own; the server prints its version when it starts."""
    said = re.search(r"server_version\s*\|\s*(\S+)", place.log.read_text(errors="replace"))
    return said[1] if said else None


RECIPE = Recipe(
    host=HOST,
    port=8000,
    further=(Further(port=8001), Further(port=8002, versioned=False)),
    packages=("nvidia-pytriton==0.7.0", "numpy==2.4.6"),
    dependencies=False,
    start=_start,
    ready=Ready(path="/v2/health/ready"),
    product="triton",
    version=_version,
    models=("tiny-identity",),
)
