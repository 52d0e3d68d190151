"""An API server of a cluster on loopback: recorded answers, pages, watches with bookmarks, and history that is gone.

It says what a real one says only now and then, in milliseconds; a real one is asked in tests/kubernetes.
"""

import json
import ssl
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

PODS = "/api/v1/pods"


class ApiServer:
    """Use it as a context manager; `objects` are the lists by path, served `page` at a time."""

    def __init__(self, objects: dict[str, list[dict[str, Any]]], page: int = 500, token: str = "") -> None:
        self.objects, self.page, self.token = objects, page, token
        self.asked: list[str] = []
        self.expired = 0
        """How many continued lists are answered 410 Gone."""
        self.watches: list[list[dict[str, Any] | int]] = []
        """What each watch in turn is told: events, or a status at once."""
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """Without TLS."""
        return f"http://127.0.0.1:{self.port}"

    def secured(self, certificate: str, key: str) -> Self:
        """From now on over TLS; the arguments are files."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        return self

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: ApiServer

    def do_GET(self) -> None:
        """A list or a watch."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.api.asked.append(self.path)
        if self.api.token and self.headers.get("Authorization") != f"Bearer {self.api.token}":
            self._answer(401, {"kind": "Status", "code": 401})
        elif parts.path not in self.api.objects:
            self._answer(404, {"kind": "Status", "code": 404})
        elif query.get("watch"):
            self._watch()
        else:
            self._list(parts.path, int(query.get("limit", "500")), int(query.get("continue", "0")))

    def _list(self, path: str, limit: int, start: int) -> None:
        if start and self.api.expired:
            self.api.expired -= 1
            self._answer(410, {"kind": "Status", "code": 410, "reason": "Expired"})
            return
        those = self.api.objects[path]
        end = start + min(limit, self.api.page)
        more = {"continue": str(end)} if end < len(those) else {}
        self._answer(200, {"kind": "List", "metadata": {"resourceVersion": "7", **more}, "items": those[start:end]})

    def _watch(self) -> None:
        told = self.api.watches.pop(0) if self.api.watches else []
        if told and isinstance(told[0], int):
            self._answer(told[0], {"kind": "Status", "code": told[0]})
            return
        self._lines(one for one in told if isinstance(one, dict))

    def _lines(self, events: Iterable[dict[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        for event in events:
            self.wfile.write(json.dumps(event).encode() + b"\n")

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
