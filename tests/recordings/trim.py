"""Makes recordings small enough to keep: `python -m tests.recordings.trim SOURCE_DIR` writes them beside this file."""

import argparse
import json
import re
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import msgspec

from tests.recording import FOLDER, End, Exchange, Flow, Recording, Request, Response, dump, flow_bytes

LIMIT = 16 << 10
"""Bytes of a body that are kept as they are."""
_NOISE = {"user-agent", "content-length", "accept-encoding", "connection"}
_PRODUCTS = {"milvus-lite-3.2.2-grpc": "milvus"}
_MODEL = '{"id":"m{n}","object":"model","owned_by":"vllm"}'
_FLOWS = {
    "decoy-raw-endless": Flow(unit="A"),
    "decoy-raw-endless-chunked": Flow(unit="4000\r\n" + "[" * 0x4000 + "\r\n"),
    "decoy-raw-gzip-bomb": Flow(unit="\0" * 512, times=1 << 19, gzip=True),
    "decoy-raw-huge-models": Flow(before='{"object":"list","data":[', unit=_MODEL, joint=",", times=20_000, after="]}"),
    "decoy-raw-slow-drip": Flow(unit="a", times=100_000, pause=1.0),
}
"""Raw peers whose bytes follow a rule; the rule is checked against what was recorded."""


def main() -> None:
    """Trim every recording of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    for path in sorted(parser.parse_args().source.glob("*.json")):
        recording = trimmed(json.loads(path.read_text()))
        dump(recording)
        size = (FOLDER / f"{recording.name}.json").stat().st_size
        print(f"{path.stat().st_size:8d} -> {size:7d}  {path.stem}", file=sys.stderr)


def trimmed(data: dict[str, Any]) -> Recording:
    """One recording without what no test needs; exchanges that say the same twice are kept once."""
    name = data["name"]
    kept: dict[bytes, Exchange] = {}
    for raw in data["exchanges"]:
        one = Exchange(request=_request(raw), response=_response(name, raw["response"]))
        kept.setdefault(_sameness(one), one)
    return Recording(name=name, product=_PRODUCTS.get(name, data["product"]), exchanges=list(kept.values()))


def _sameness(one: Exchange) -> bytes:
    response = one.response
    return msgspec.json.encode([one.request, response.status, response.content(), response.raw_base64])


def _pairs(headers: Any) -> list[tuple[str, str]]:
    items = headers.items() if isinstance(headers, dict) else headers or []
    return [(str(name), str(value)) for name, value in items]


def _request(raw: dict[str, Any]) -> Request:
    request, answer = raw["request"], str(raw["response"].get("headers"))
    body = request.get("body") or ""
    return Request(
        method=request["method"],
        path=request["path"],
        headers=[pair for pair in _pairs(request.get("headers")) if _matters(*pair, answer)],
        body=body if isinstance(body, str) else json.dumps(body),
    )


def _matters(name: str, value: str, answer: str) -> bool:
    low = name.lower()
    if low == "host":
        return not value.startswith("127.") or value in answer
    return low not in _NOISE and (low, value) != ("accept", "*/*")


def _response(name: str, raw: dict[str, Any]) -> Response:
    if "ok" in raw:
        return Response(grpc={key: value for key, value in raw.items() if value != []})
    if raw.get("status") is None:
        return _raw(name, raw)
    body = b64decode(raw["body_base64"]) if "body_base64" in raw else (raw.get("body") or "").encode()
    small, whole = _smaller(body), max(len(body), raw.get("body_bytes_read") or 0)
    try:
        text, coded = small.decode(), ""
    except UnicodeDecodeError:
        text, coded = "", b64encode(small).decode()
    return Response(
        status=raw["status"],
        reason=raw.get("reason") or "",
        version="1.0" if raw.get("http_version") == "HTTP/1.0" else "1.1",
        headers=_pairs(raw.get("headers")),
        body=text,
        body_base64=coded,
        cut_from=whole if small != body else None,
        end="wait" if "timed out" in raw.get("note", "") else None,
    )


def _raw(name: str, raw: dict[str, Any]) -> Response:
    sent = b64decode(raw.get("raw_base64") or "")
    flow = _FLOWS.get(name)
    if flow:
        head = sent.index(b"\r\n\r\n") + 4
        made = b""
        for chunk in flow_bytes(flow):
            made += chunk
            if len(made) >= len(sent) - head:
                break
        if not made.startswith(sent[head:]):
            raise ValueError(f"{name}: the rule does not give the recorded bytes")
        sent = sent[:head]
    outcome = str(raw.get("outcome") or raw.get("error"))
    return Response(
        raw_base64=b64encode(sent).decode(), speaks_first=sent.startswith(b"SSH-"), flow=flow, end=_end(outcome)
    )


def _end(outcome: str) -> End:
    if "Reset" in outcome:
        return "reset"
    return "wait" if "timed out" in outcome else "close"


def _smaller(body: bytes) -> bytes:
    """A valid shorter body of the same shape; one within the limit stays, but for an API description."""
    description = re.search(rb'^\s*\{\s*"(openapi|swagger)"\s*:', body)
    if description:
        return _description(body.decode())
    if len(body) <= LIMIT:
        return body
    start = body[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        return _page(body.decode())
    if start.startswith((b"# help", b"# type")):
        return _metrics(body.decode())
    if start.startswith((b"{", b"[")):
        return json.dumps(_shape(json.loads(body)), separators=(",", ":"), ensure_ascii=False).encode()
    return body[:1024]


def _description(text: str) -> bytes:
    """An OpenAPI document with its paths' names alone; `text` may end in the middle."""
    reader = json.JSONDecoder()

    def member(name: str) -> int:
        found = re.search(rf'"{name}"\s*:\s*', text)
        return found.end() if found else -1

    key = "openapi" if member("openapi") >= 0 else "swagger"
    info, _ = reader.raw_decode(text, member("info"))
    kept = {name: value for name, value in info.items() if len(str(value)) <= 200}
    paths: dict[str, Any] = {}
    try:
        at = member("paths") + 1
        while (found := re.compile(r'\s*,?\s*(?=")').match(text, at)) is not None:
            path, at = reader.raw_decode(text, found.end())
            paths[path] = {}
            _, at = reader.raw_decode(text, re.compile(r"\s*:\s*").match(text, at).end())  # type: ignore[union-attr]
    except ValueError:
        pass  # the recorder's own limit cut it here
    version, _ = reader.raw_decode(text, member(key))
    return json.dumps({key: version, "info": kept, "paths": paths}, separators=(",", ":"), ensure_ascii=False).encode()


def _page(text: str) -> bytes:
    parts = re.findall(r"<!doctype[^>]*>|<html[^>]*>|<title>.*?</title>|<meta[^>]*>", text, re.IGNORECASE | re.DOTALL)
    roots = re.findall(r'<div id="[^"]*"', text)[:3]
    return ("\n".join([*parts, "<body>", *(f"{root}></div>" for root in roots), "</body></html>"]) + "\n").encode()


def _metrics(text: str) -> bytes:
    """Of every family its first sample, without help; the interpreter's own families are left out."""
    kept: list[str] = []
    sampled = True
    for line in text.splitlines():
        if line.startswith("# TYPE"):
            sampled = line.split()[2].startswith(("python_", "process_", "go_"))
            kept += [] if sampled else [line]
        elif not line.startswith("#") and not sampled:
            kept.append(line)
            sampled = True
    return ("\n".join(kept) + "\n").encode()


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shape(item) for item in value[:5]]
    return value[:1000] if isinstance(value, str) else value


if __name__ == "__main__":
    main()
