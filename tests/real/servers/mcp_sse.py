"""A server of the MCP SDK over the older transport, server-sent events, which tells no version to a plain GET."""

from tests.real.recipe import Command, Place, Ready, Recipe

HOST = "127.0.0.23"

_SERVER = f'''
from mcp.server import MCPServer

server = MCPServer("tiny-tools")


@server.tool()
def delete_file(path: str) -> str:
    "Delete a file"
    return path


server.run(transport="sse", host="{HOST}", port=8000)
'''


def _start(place: Place) -> Command:
    return Command((place.python, place.write("serve.py", _SERVER)))


RECIPE = Recipe(
    host=HOST,
    port=8000,
    shares="mcp",
    start=_start,
    ready=Ready(words="Uvicorn running on"),
    product="mcp",
)
