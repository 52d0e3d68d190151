"""The MCP project's own server of everything, in TypeScript, over server-sent events."""

from tests.real.recipe import Ready, Recipe
from tests.real.servers.mcp_everything import command

HOST = "127.0.0.25"
RECIPE = Recipe(
    host=HOST,
    port=3001,
    shares="mcp_everything",
    programs=("node", "npm"),
    start=lambda place: command(place, "sse", HOST),
    ready=Ready(words="running on port 3001"),
    product="mcp",
)
