"""nginx as a decoy: a plain page, also on a port where AI servers live."""

from tests.real.recipe import Command, Place, Ready, Recipe, program

HOST = "127.0.0.17"

_CONFIGURATION = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr notice;
events {{ worker_connections 64; }}
http {{
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen {host}:80;
        listen {host}:8000;
        root {root};
    }}
}}
"""


def _start(place: Place) -> Command:
    page = place.write("page/index.html", "<!doctype html><title>Staff canteen</title><p>Monday: lentils.</p>\n")
    text = _CONFIGURATION.format(host=HOST, root=page.removesuffix("/index.html"))
    # The folder belongs to root and workers run as www-data: without a switch of user they could not read it.
    text = f"user root;\n{text}" if place.folder.owner() == "root" else text
    configuration = place.write("nginx.conf", text)
    return Command((program("nginx") or "nginx", "-p", str(place.folder), "-e", "stderr", "-c", configuration))


RECIPE = Recipe(
    host=HOST,
    port=8000,
    further_ports=(80,),
    programs=("nginx",),
    start=_start,
    ready=Ready(path="/"),
    layer="nginx",
)
