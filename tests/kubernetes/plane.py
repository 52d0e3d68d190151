"""A real API server over a real etcd on loopback: no node runs what it stores."""

import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from threading import Event
from typing import Any

from tests.kubernetes.install import home

ADMIN, LOOKER, STRANGER = "admin-of-the-tests", "looker-of-the-tests", "stranger-of-the-tests"
"""Tokens: one that may everything, one that may list and watch what livebom needs, one that may nothing."""
_KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: {name}
clusters: [{{name: tests, cluster: {{server: "https://127.0.0.1:{port}", certificate-authority: apiserver.crt}}}}]
users:
  - {{name: looker, user: {{token: looker-of-the-tests}}}}
  - {{name: stranger, user: {{token: stranger-of-the-tests}}}}
contexts:
  - {{name: looker, context: {{cluster: tests, user: looker}}}}
  - {{name: stranger, context: {{cluster: tests, user: stranger}}}}
"""


class Plane:
    """Both processes and their folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self._etcd, self._peer = _free(3)
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(_KUBECONFIG.format(name="looker", port=self.port))
        (folder / "tokens.csv").write_text(
            f"{ADMIN},admin,1,system:masters\n{LOOKER},looker,2\n{STRANGER},stranger,3\n"
        )
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    def authority(self) -> str:
        """The server's own certificates in PEM."""
        return (self.folder / "apiserver.crt").read_text()

    def start(self) -> None:
        """Starts both. Raises TimeoutError where one does not come up."""
        key = self.folder / "account.key"
        subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        here = f"http://127.0.0.1:{self._etcd}"
        self._begin(
            "etcd", "--data-dir", f"{self.folder}/etcd", "--listen-client-urls", here, "--advertise-client-urls", here,
            "--listen-peer-urls", f"http://127.0.0.1:{self._peer}", "--unsafe-no-fsync",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{self._peer}",
            "--initial-cluster", f"default=http://127.0.0.1:{self._peer}",
        )  # fmt: skip
        self._begin(
            "kube-apiserver", "--etcd-servers", here, "--cert-dir", str(self.folder), "--bind-address", "127.0.0.1",
            "--advertise-address", "127.0.0.1", "--secure-port", str(self.port), "--authorization-mode", "RBAC",
            "--token-auth-file", f"{self.folder}/tokens.csv", "--service-account-issuer", "https://tests.invalid",
            "--service-account-signing-key-file", str(key), "--service-account-key-file", str(key),
            "--service-cluster-ip-range", "10.96.0.0/16", "--etcd-compaction-interval", "0", "--watch-cache=false",
            "--disable-admission-plugins", "ServiceAccount", "--allow-privileged=true", "--anonymous-auth=false",
        )  # fmt: skip
        until = time.monotonic() + 60
        while not self._ready():
            if time.monotonic() > until or any(one.poll() is not None for one in self._running):
                raise TimeoutError((self.folder / "kube-apiserver.log").read_text()[-2000:])
            Event().wait(0.2)

    def _ready(self) -> bool:
        with suppress(OSError, ssl.SSLError):
            return self.ask("GET", "/readyz")[0] == 200
        return False

    def _begin(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            plain = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
            self._running.append(
                subprocess.Popen([str(home() / name), *words], cwd=self.folder, env=plain, stdout=log, stderr=log)
            )

    def end(self) -> None:
        """Ends both."""
        for one in reversed(self._running):
            one.terminate()
            try:
                one.wait(10)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()

    def ask(self, method: str, path: str, body: object = None, token: str = ADMIN) -> tuple[int, Any]:
        """Status and answer of one request."""
        with closing(self._connection()) as connection:
            return self._asked(connection, method, path, body, token)

    def make(self, path: str, things: list[dict[str, Any]]) -> None:
        """Stores them all, over four connections."""

        def stored(those: list[dict[str, Any]]) -> None:
            with closing(self._connection()) as connection:
                for one in those:
                    status, answer = self._asked(connection, "POST", path, one, ADMIN)
                    assert status == 201, answer

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(stored, (things[number::4] for number in range(4))))

    def forget(self) -> None:
        """Takes everything before now from the history, as an API server does of itself every five minutes."""
        with closing(HTTPConnection("127.0.0.1", self._etcd, timeout=10)) as connection:
            status, answer = self._asked(connection, "POST", "/v3/kv/range", {"key": "AA=="}, "")
            assert status == 200, answer
            revision = answer["header"]["revision"]
            status, answer = self._asked(connection, "POST", "/v3/kv/compaction", {"revision": revision}, "")
            assert status == 200, answer

    def _connection(self) -> HTTPSConnection:
        context = ssl.create_default_context(cadata=self.authority)
        return HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)

    def _asked(self, connection: HTTPConnection, method: str, path: str, body: object, token: str) -> tuple[int, Any]:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text.startswith(b"{") else text


def _free(count: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


@contextmanager
def plane(folder: Path) -> Iterator[Plane]:
    """Started, and ended whatever happens."""
    made = Plane(folder)
    try:
        made.start()
        yield made
    finally:
        made.end()
