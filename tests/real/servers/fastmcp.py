"""A server of FastMCP over streamable HTTP, with a tool that would run commands; it tells FastMCP's own version."""

from tests.real.recipe import Command, Place, Ready, Recipe, installed

HOST = "127.0.0.22"

_SERVER = f'''
from fastmcp import FastMCP

server = FastMCP("tiny-tools")


@server.tool
def run_shell(command: str) -> str:
    "Run a shell command"
    return command


server.run(transport="http", host="{HOST}", port=8000, show_banner=False)
'''


def _start(place: Place) -> Command:
    return Command((place.python, place.write("serve.py", _SERVER)))


RECIPE = Recipe(
    host=HOST,
    port=8000,
    packages=("fastmcp==4.1.2",),
    start=_start,
    ready=Ready(words="Uvicorn running on"),
    product="mcp",
    version=installed("fastmcp"),
)
