"""KServe's model server with one toy model; it answers Triton's protocol too, and is not Triton."""

from tests.real.recipe import Command, Place, Ready, Recipe, installed

HOST = "127.0.0.16"

# KServe has no option for the address: HTTP goes to 0.0.0.0 and gRPC to [::]. Only the address is changed here.
_SERVER = f'''
from kserve import Model, ModelServer, model_server


class OneAddress(model_server.RESTServer):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.config.host = "{HOST}"


class Toy(Model):
    def load(self):
        self.ready = True
        return self.ready

    def predict(self, payload, headers=None, response_headers=None):
        return {{"predictions": [1]}}


if __name__ == "__main__":
    model_server.RESTServer = OneAddress
    toy = Toy("tiny-classifier")
    toy.load()
    ModelServer(http_port=8080, enable_grpc=False, enable_docs_url=True).start([toy])
'''


def _start(place: Place) -> Command:
    return Command((place.python, place.write("serve.py", _SERVER)))


RECIPE = Recipe(
    host=HOST,
    port=8080,
    packages=("kserve==0.21.0",),
    start=_start,
    ready=Ready(path="/v2/health/ready"),
    product="kserve",
    version=installed("kserve"),
    models=("tiny-classifier",),
)
