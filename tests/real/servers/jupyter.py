"""JupyterLab without a token: the open variant, whose terminals and kernels anybody may use."""

from tests.real.recipe import Command, Place, Ready, Recipe, installed


def _start(place: Place) -> Command:
    return Command(
        (
            place.program("jupyter"),
            "lab",
            "--allow-root",
            "--no-browser",
            f"--ServerApp.ip={HOST}",
            "--ServerApp.port=8888",
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token=",
            f"--ServerApp.root_dir={place.folder}",
        ),
        {"JUPYTER_PREFER_ENV_PATH": "1"},
    )


HOST = "127.0.0.14"
RECIPE = Recipe(
    host=HOST,
    port=8888,
    packages=("jupyterlab==4.6.6", "jupyter-server==2.21.1"),
    start=_start,
    ready=Ready(path="/api"),
    product="jupyter",
    version=installed("jupyter-server"),
)
