"""A peer that lures away: web servers on every address of its namespace, and a DNS server whose answers change.

Each port has its own lure; whatever a scanner that follows one asks elsewhere is answered here as well, so that the
way there is open. Answers of the DNS server: the target at first, from then on metadata services.
"""

import json
import socket
import ssl
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

TARGET = "198.18.0.2", "2001:db8::2"
METADATA = "169.254.169.254", "fd00:ec2::254"
NAMES = {"ai.test": TARGET, "metadata.test": METADATA}
REDIRECT, OLLAMA, MCP, PROXY, PAGE, TLS, EVENTS, GUARDED = 8081, 11434, 8001, 8003, 3000, 8443, 8005, 8006
PORTS = (80, REDIRECT, OLLAMA, MCP, PROXY, PAGE, TLS, EVENTS, GUARDED)
PLACES = (
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    "http://2852039166/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://[::ffff:169.254.169.254]/",
    "http://198.18.0.2@169.254.169.254/",
    "//198.18.0.77/",
    "http://198.18.0.77:11434/api/tags",
    "http://metadata.test/",
    "http://ai.test.\\@169.254.169.254/",
    "\thttp://169.254.169.254/",
    "https://169.254.169.254/",
)
_HERE = PLACES[0]
_OLLAMA = {
    "/": "Ollama is running",
    "/api/version": '{"version":"0.32.15"}',
    "/api/ps": '{"models":[]}',
    "/api/tags": json.dumps(
        {"models": [{"name": "lure:1b", "model": "lure:1b", "remote_host": _HERE, "remote_model": "x", "size": 1,
                     "digest": "a" * 64, "modified_at": "2026-01-01T00:00:00Z", "details": {"family": "llama"}}]}
    ),
}  # fmt: skip
_PAGE = (
    f'<html><head><meta http-equiv="refresh" content="0;url={_HERE}"><base href="{_HERE}"><title>Open WebUI</title>'
    f'<link rel="stylesheet" href="{_HERE}a.css"><script src="{_HERE}a.js"></script></head>'
    f"<body><script>location={_HERE!r}</script><img src={_HERE}></body></html>"
)


class Handler(BaseHTTPRequestHandler):
    """One lure by the port that was asked."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        Handler.asked += 1
        place = PLACES[Handler.asked % len(PLACES)]
        body, status, headers = "{}", 200, {"Content-Type": "application/json"}
        match self.connection.getsockname()[1]:
            case 80 | 8081 | 8443:
                status, headers = (301, 302, 303, 307, 308)[Handler.asked % 5], {"Location": place}
            case 11434 if self.path in _OLLAMA:
                body = _OLLAMA[self.path]
            case 8001 if self.command == "POST":
                status, headers = 401, {"WWW-Authenticate": f'Bearer resource_metadata="{place}", realm="mcp"'}
            case 8003:
                status = (407, 401)[Handler.asked % 2]
                headers = {
                    "Proxy-Authenticate": "Basic realm=x",
                    "WWW-Authenticate": 'Basic realm="x", NTLM, Negotiate',
                }
            case 3000:
                body = _PAGE
                headers = {"Content-Type": "text/html", "Refresh": f"0;url={place}", "Alt-Svc": 'h2="198.18.0.77:80"'}
                headers["Link"] = f"<{place}>; rel=preload; as=script"
            case 8005:
                body = f"event: endpoint\ndata: {place}\n\n"
                headers = {"Content-Type": "text/event-stream", "Content-Location": place}
            case 8006:
                status, headers = 401, {"WWW-Authenticate": "Bearer"}
                if self.headers.get("Authorization"):
                    status, headers = 307, {"Location": place}
            case _:
                status, headers = 307, {"Location": place}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_HEAD = do_POST = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - as the base class calls them

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """On every address, IPv4 and IPv6; who hangs up is no fault."""

    address_family = socket.AF_INET6
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing."""


def certificate(folder: Path) -> ssl.SSLContext:
    """A certificate whose issuer, revocation list and OCSP responder stand at a metadata service."""
    away = f"OCSP;URI:{_HERE},caIssuers;URI:{_HERE}"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"]
    words += ["-subj", "/CN=ai.test", "-addext", f"authorityInfoAccess={away}"]
    words += ["-addext", f"crlDistributionPoints=URI:{_HERE}", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=20)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def answer(query: bytes, before: set[tuple[bytes, int]]) -> bytes:
    """A DNS reply: the name's own addresses once for each kind, a metadata service ever after (RFC 1035, 4)."""
    end = query.index(b"\0", 12) + 5
    kind = struct.unpack(">H", query[end - 4 : end - 2])[0]
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    addresses = NAMES.get(".".join(labels).lower())
    place = {1: 0, 28: 1}.get(kind)
    key = (query[12:end], kind)
    if addresses is None or place is None:
        return query[:2] + b"\x81\x83" + struct.pack(">4H", 1, 0, 0, 0) + query[12:end]
    told = ip_address((METADATA if key in before else addresses)[place]).packed
    before.add(key)
    record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(told)) + told
    return query[:2] + b"\x81\x80" + struct.pack(">4H", 1, 1, 0, 0) + query[12:end] + record


def resolver() -> None:
    """Answer DNS queries on every address, each from the address it was sent to."""
    before: set[tuple[bytes, int]] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO (linux/in.h): else the kernel would choose the source
        door.bind(("0.0.0.0", 53))
        while True:
            query, told, _, sender = door.recvmsg(4096, 128)
            door.sendmsg([answer(query, before)], [(level, kind, data) for level, kind, data in told], 0, sender)


def main() -> None:
    """Serve, in the folder given, until standard input ends."""
    for port in (*PORTS, 8080):  # the last is the proxy's, which nobody may ask
        server = Server(("::", port), Handler)
        if port == TLS:
            server.socket = certificate(Path(sys.argv[1])).wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=resolver, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
