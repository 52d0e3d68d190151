"""vLLM on the CPU with an API key, which does not guard all of its routes."""

from tests.real.recipe import Ready, Recipe
from tests.real.servers.vllm import command, version

HOST = "127.0.0.31"
RECIPE = Recipe(
    host=HOST,
    port=8000,
    shares="vllm",
    slow=True,
    start=lambda place: command(place, "--host", HOST, "--port", "8000", "--api-key", "not-a-secret"),
    ready=Ready(path="/version"),
    deadline=600.0,
    product="vllm",
    version=version,
    auth=frozenset({"partial", "required"}),
)
