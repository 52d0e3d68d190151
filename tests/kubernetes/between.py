"""A forwarder on loopback between livebom and the API server: something can happen before a request is passed on."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.kubernetes.plane import LOOKER, Plane


class _Handler(BaseHTTPRequestHandler):
    plane: Plane
    before: Callable[[str], None]

    def do_GET(self) -> None:
        """Passes the request on as the looker's, and the answer back as it comes."""
        type(self).before(self.path)
        context = ssl.create_default_context(cadata=self.plane.authority)
        with closing(HTTPSConnection("127.0.0.1", self.plane.port, timeout=20, context=context)) as connection:
            self._passed(connection)

    def _passed(self, connection: HTTPSConnection) -> None:
        connection.request("GET", self.path, headers={"Authorization": f"Bearer {LOOKER}"})
        response = connection.getresponse()
        self.send_response(response.status)
        self.send_header("Content-Type", response.headers["Content-Type"])
        self.end_headers()
        with suppress(OSError):  # whoever watches goes when it has seen enough
            while part := response.read1(1 << 16):
                self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def between(plane: Plane, before: Callable[[str], None]) -> Iterator[str]:
    """Its URL; `before` is told the path of each request."""
    handler = type("Handler", (_Handler,), {"plane": plane, "before": staticmethod(before)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
