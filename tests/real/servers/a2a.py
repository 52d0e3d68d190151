"""An agent of the A2A SDK with its card; the card tells the version that its author gives, here the SDK's own."""

from tests.real.recipe import Command, Place, Ready, Recipe, installed

HOST = "127.0.0.26"

_SERVER = f"""
from importlib.metadata import version

import uvicorn
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill
from starlette.applications import Starlette


class Idle(AgentExecutor):
    async def execute(self, context, event_queue):
        pass

    async def cancel(self, context, event_queue):
        pass


card = AgentCard(
    name="Tiny Agent",
    description="An agent that does nothing",
    version=version("a2a-sdk"),
    supported_interfaces=[
        AgentInterface(url="http://{HOST}:9999/", protocol_binding="JSONRPC", protocol_version="1.0")
    ],
    default_input_modes=["text"],
    default_output_modes=["text"],
    capabilities=AgentCapabilities(streaming=False),
    skills=[AgentSkill(id="echo", name="echo", description="Says it again", tags=["test"])],
)
handler = DefaultRequestHandler(agent_executor=Idle(), task_store=InMemoryTaskStore(), agent_card=card)
routes = create_agent_card_routes(card) + create_jsonrpc_routes(handler, rpc_url="/")
uvicorn.run(Starlette(routes=routes), host="{HOST}", port=9999)
"""


def _start(place: Place) -> Command:
    return Command((place.python, place.write("serve.py", _SERVER)))


# The SDK has no default port; 9999 is that of its first sample.
RECIPE = Recipe(
    host=HOST,
    port=9999,
    packages=("a2a-sdk[http-server]==1.3.0", "uvicorn==0.54.0"),
    start=_start,
    ready=Ready(path="/.well-known/agent-card.json"),
    product="a2a",
    version=installed("a2a-sdk"),
)
