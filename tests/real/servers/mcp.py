"""A server of the MCP SDK over streamable HTTP, with one dangerous tool."""

from tests.real.recipe import Command, Place, Ready, Recipe, installed

HOST = "127.0.0.15"

# A server of this SDK tells the version it is given, by default none; it is given one that can be read elsewhere.
_SERVER = f'''
from importlib.metadata import version

from mcp.server import MCPServer

server = MCPServer("tiny-tools", version=version("mcp"))


@server.tool()
def delete_file(path: str) -> str:
    "Delete a file"
    return path


server.run(transport="streamable-http", host="{HOST}", port=8000)
'''


def _start(place: Place) -> Command:
    return Command((place.python, place.write("serve.py", _SERVER)))


RECIPE = Recipe(
    host=HOST,
    port=8000,
    packages=("mcp==2.3.0",),
    start=_start,
    ready=Ready(words="Uvicorn running on"),
    product="mcp",
    version=installed("mcp"),
)
