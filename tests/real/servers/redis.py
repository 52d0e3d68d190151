"""Redis without a password: no AI product, and no HTTP at all."""

from tests.real.recipe import Command, Place, Ready, Recipe, program

HOST = "127.0.0.18"


def _start(place: Place) -> Command:
    options = ("--bind", HOST, "--port", "6379", "--save", "", "--daemonize", "no", "--dir", str(place.folder))
    return Command((program("redis-server") or "redis-server", *options))


RECIPE = Recipe(
    host=HOST,
    port=6379,
    programs=("redis-server",),
    start=_start,
    ready=Ready(words="Ready to accept connections"),
    layer="redis",
)
