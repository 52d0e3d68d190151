"""The MCP project's own server of everything, in TypeScript, over streamable HTTP."""

import re

from tests.real.recipe import Command, Place, Ready, Recipe, program

HOST = "127.0.0.24"

_PACKAGE = "node_modules/@modelcontextprotocol/server-everything"
# It has no option for the address and listens on [::]. Only the address is changed here.
_ADDRESS = """
const { Server } = require("node:net");
const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, port, process.env.ONE_ADDRESS, ...rest);
};
"""


def command(place: Place, transport: str, host: str) -> Command:
    """Starts the server for a transport: `streamableHttp` or `sse`."""
    script = str(place.environment / _PACKAGE / "dist" / "index.js")
    argv = (program("node") or "node", "--require", place.write("address.cjs", _ADDRESS), script, transport)
    return Command(argv, {"PORT": "3001", "ONE_ADDRESS": host})


def _version(place: Place) -> str | None:
    """Its source says what it tells; the package's version is another."""
    told = re.search(r'\bversion: "([^"]+)"', (place.environment / _PACKAGE / "dist/server/index.js").read_text())
    return told[1] if told else None


RECIPE = Recipe(
    host=HOST,
    port=3001,
    npm=("@modelcontextprotocol/server-everything@2026.8.31",),
    programs=("node", "npm"),
    start=lambda place: command(place, "streamableHttp", HOST),
    ready=Ready(words="listening on port 3001"),
    product="mcp",
    version=_version,
)
