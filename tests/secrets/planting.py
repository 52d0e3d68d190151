"""Keys in the shapes of real ones, each told apart by where it was planted, and the search for every one of them."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from tests.recording import Exchange, Recording

KINDS = (
    "openai", "anthropic", "huggingface", "aws", "github", "slack", "google", "bearer", "basic", "url", "jwt", "pem",
    "password", "setting", "query",
)  # fmt: skip
SHORT = ("openai", "huggingface", "aws", "github", "slack", "google", "url", "jwt", "query", "password")
"""Those that can stand inside a name."""
_NAMES = frozenset(
    {"id", "name", "model", "root", "model_path", "path", "instructions", "description", "license", "modelfile",
     "template", "system", "chat_template", "parent_model", "family", "model_name", "title", "websiteUrl",
     "model_alias"}
)  # fmt: skip
"""Words of an answer whose texts are taken over into the graph, or may be one day."""
_MOST = 3
MARK = "ZQ7LEAK9X"
"""How every key begins that is planted, behind what its kind begins with; it stands in nothing else."""


class Garden:
    """What was planted where."""

    def __init__(self) -> None:
        self.planted: dict[str, tuple[str, str]] = {}
        """The part of a key that nothing else has: its kind and place."""

    def plant(self, kind: str, place: str) -> str:
        """A text with a key of that kind in it that is found nowhere else."""
        drawn = hashlib.sha512(f"{kind} {place}".encode()).digest()
        word = MARK + re.sub(r"[+/=]", "x", base64.b64encode(drawn).decode())
        core = word[:34]
        if kind == "aws":
            core = word[:16].upper()
        elif kind == "basic":
            core = base64.b64encode(f"me:{word[:24]}".encode()).decode()
        text = {
            "openai": f"sk-proj-{core}",
            "anthropic": f"sk-ant-api03-{core}-AA",
            "huggingface": f"hf_{core}",
            "aws": f"AKIA{core}",
            "github": f"ghp_{core}ab",
            "slack": f"xoxb-1234567890-{core}",
            "google": f"AIza{core}Q",
            "bearer": f"Authorization: Bearer {core}",
            "basic": f"authorization: Basic {core}",
            "url": f"postgresql://svc:{core}@db.example/x",
            "jwt": f"eyJhbGciOiJIUzI1NiJ9.eyJ{core}.{word[34:70]}",
            "pem": f"-----BEGIN RSA PRIVATE KEY-----\n{core}\n{word[34:]}\n-----END RSA PRIVATE KEY-----",
            "password": f"password={core}",
            "setting": f'"api_key": "{core}"',
            "query": f"https://x.example/cb?token={core}&a=b",
        }[kind]
        self.planted[core[:_ENOUGH]] = (kind, place)
        return text

    def all(self, place: str, kinds: Iterable[str] = KINDS) -> list[str]:
        """One of each kind."""
        return [self.plant(kind, place) for kind in kinds]

    def found(self, data: bytes, where: str) -> list[str]:
        """Which of them stand in the bytes, plainly or as somebody may have written them; in words."""
        text = data.replace(b"\0", b"")  # UTF-16 too
        told = []
        for how, form in _FORMS:
            for match in form.finditer(text):
                kind, place = self.planted.get(match[0].decode("latin-1"), ("one", match[0].decode("latin-1")))
                told.append(f"{kind} of {place} in {where}, {how}")
        return sorted(set(told))


def _forms() -> list[tuple[str, re.Pattern[bytes]]]:
    """The beginning of a key, which is as bad as all of it, in the ways a program may write it."""
    raw = MARK.encode()
    ways = {
        "plain": re.escape(raw) + rb"[A-Za-z0-9]{0,7}",
        "reversed": raw[::-1],
        "percent-encoded": b"".join(b"%%%02X" % byte for byte in raw),
        "hex": b"(?i:" + raw.hex().encode() + b")",
        "base64": base64.b64encode(b"me:" + raw)[:14] + rb"[A-Za-z0-9]{0,2}",
        "base64, one later": base64.b64encode(b"." + raw)[2:13],
        "base64, two later": base64.b64encode(b".." + raw)[3:14],
        "base64 by itself": base64.b64encode(raw),
    }
    return [(how, re.compile(pattern)) for how, pattern in ways.items()]


_ENOUGH = 16
_FORMS = _forms()


def leaking(recording: Recording, garden: Garden) -> Recording:
    """The same server, which tells keys in its headers, its settings, its names and wherever it speaks of an error."""
    return replace(
        recording,
        exchanges=[
            _leaking(one, garden, f"{recording.name} {one.request.method} {one.request.path} {number}")
            for number, one in enumerate(recording.exchanges)
        ],
    )


def packed(recording: Recording, garden: Garden) -> Recording:
    """The same server, whose bodies hold keys that no look at their bytes can find: packed, and in UTF-16."""
    told = []
    for number, one in enumerate(recording.exchanges):
        text = "\n".join(garden.all(f"{recording.name} {number} packed"))
        body = text.encode("utf-16") if number % 2 else zlib.compress(text.encode())
        response = replace(one.response, status=200, body="", body_base64=base64.b64encode(body).decode(), flow=None)
        told.append(replace(one, response=response))
    return replace(recording, exchanges=told)


def _leaking(one: Exchange, garden: Garden, place: str) -> Exchange:
    response = one.response
    if response.status is None or response.body_base64 or response.grpc or response.flow:
        return one
    headers = [
        *response.headers,
        ("Set-Cookie", f"session={garden.plant('jwt', f'{place} cookie')}; HttpOnly"),
        ("X-Debug", garden.plant("password", f"{place} header")),
        ("WWW-Authenticate", f'Bearer error="{garden.plant("openai", f"{place} challenge")}"'),
    ]
    if not any(name.lower() == "location" for name, _ in headers):
        headers.append(("Location", garden.plant("query", f"{place} location")))
    try:
        document = json.loads(response.body)
    except ValueError:
        document = None
    if isinstance(document, dict | list):
        told = _names(document, garden, f"{place} name", [0])
        if isinstance(told, dict):
            told["zz_settings"] = {
                "password": garden.plant("setting", f"{place} inner"),
                "env": garden.all(f"{place} environment"),
                "as_text": json.dumps({"text": garden.all(f"{place} nested")}),
                "error": "Traceback\n" + "\n".join(garden.all(f"{place} error")),
            }
        body = json.dumps(told)
    else:
        body = response.body + "\nTraceback: " + "\n".join(garden.all(f"{place} text")) if response.body else ""
    return replace(one, response=replace(response, headers=headers, body=body))


def _names(value: Any, garden: Garden, place: str, count: list[int]) -> Any:
    if isinstance(value, list):
        return [_names(one, garden, place, count) for one in value]
    if not isinstance(value, dict):
        return value
    told = {}
    for name, one in value.items():
        if name in _NAMES and isinstance(one, str) and one and count[0] < _MOST:
            count[0] += 1
            kind = SHORT[(count[0] + len(place)) % len(SHORT)]
            told[name] = f"{one} {garden.plant(kind, f'{place} {name} {count[0]}')}"
        else:
            told[name] = _names(one, garden, place, count)
    return told
