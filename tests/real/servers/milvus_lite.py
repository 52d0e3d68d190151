"""Milvus Lite as a server, with gRPC alone."""

from tests.real.recipe import Command, Place, Ready, Recipe, installed

HOST = "127.0.0.29"


def _start(place: Place) -> Command:
    data = str(place.folder / "data")
    return Command((place.program("milvus-lite"), "server", "--data-dir", data, "--host", HOST, "--port", "19530"))


RECIPE = Recipe(
    host=HOST,
    port=19530,
    packages=("milvus-lite==3.2.2", "pymilvus==3.0.2"),
    start=_start,
    ready=Ready(words="19530"),
    product="milvus",
    version=installed("milvus-lite"),
)
