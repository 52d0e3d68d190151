"""A BentoML service with one toy route; its interface tells the service's name and no version."""

from tests.real.recipe import Command, Place, Ready, Recipe

HOST = "127.0.0.19"

_SERVICE = """
import bentoml


@bentoml.service
class TinySummarizer:
    @bentoml.api
    def summarize(self, text: str) -> str:
        return text[:10]
"""


def _start(place: Place) -> Command:
    place.write("service.py", _SERVICE)
    argv = (place.program("bentoml"), "serve", "service:TinySummarizer", "--host", HOST, "--port", "3000")
    return Command(argv, {"BENTOML_DO_NOT_TRACK": "true", "BENTOML_HOME": str(place.folder / "home")})


RECIPE = Recipe(
    host=HOST,
    port=3000,
    packages=("bentoml==1.4.39",),
    start=_start,
    ready=Ready(path="/readyz"),
    product="bentoml",
    models=("TinySummarizer",),
)
