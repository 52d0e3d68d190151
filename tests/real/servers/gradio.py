"""A Gradio interface without a login."""

from tests.real.recipe import Command, Place, Ready, Recipe, installed

HOST = "127.0.0.21"

_SERVER = f"""
import gradio

demo = gradio.Interface(lambda text: text[::-1], "text", "text", title="tiny demo")
demo.launch(server_name="{HOST}", server_port=7860, share=False)
"""


def _start(place: Place) -> Command:
    return Command((place.python, place.write("serve.py", _SERVER)), {"GRADIO_ANALYTICS_ENABLED": "False"})


RECIPE = Recipe(
    host=HOST,
    port=7860,
    packages=("gradio==6.31.0",),
    start=_start,
    ready=Ready(path="/config"),
    product="gradio",
    version=installed("gradio"),
)
