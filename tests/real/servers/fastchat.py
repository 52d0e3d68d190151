"""FastChat's controller without a worker, which tells neither a version nor, to a GET, a model."""

from tests.real.recipe import Command, Place, Ready, Recipe

HOST = "127.0.0.27"


def _start(place: Place) -> Command:
    module = ("-m", "fastchat.serve.controller")
    return Command((place.python, *module, "--host", HOST, "--port", "21001"), {"LOGDIR": str(place.folder)})


# The controller alone needs no `model_worker` extra, and so no torch.
RECIPE = Recipe(
    host=HOST,
    port=21001,
    packages=("fschat==0.2.36",),
    start=_start,
    ready=Ready(path="/test_connection"),
    product="fastchat",
)
