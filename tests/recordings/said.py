"""How frameworks write an answer: what synthetic recordings are put together from."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from tests.recording import Exchange, Recording, Request, Response

DATE = "Fri, 20 Nov 2026 21:00:00 GMT"
Headers = list[tuple[str, str]]
TEXT, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"
EVIL = ("Origin", "http://evil.example")
FOREIGN = " from a foreign origin"
"""After a path: the answer to a request with a foreign Origin."""


@dataclass(frozen=True)
class Style:
    """How a framework writes a response: the order and names of its headers, and its JSON."""

    headers: Headers
    json: str = "application/json"
    end: str = ""
    """What its JSON ends with."""


GO = Style([("Content-Type", "{kind}"), ("Date", DATE), ("Content-Length", "{size}")], end="\n")
ACTIX = Style([("content-length", "{size}"), ("content-type", "{kind}"), ("date", DATE)])
UVICORN = Style([("date", DATE), ("server", "uvicorn"), ("content-length", "{size}"), ("content-type", "{kind}")])
JETTY = Style([("Date", DATE), ("Content-Type", "{kind}"), ("Content-Length", "{size}")])


@dataclass(frozen=True)
class Said:
    """One answer, framework left out."""

    body: Any = ""
    """A document for JSON, else text."""
    status: int = 200
    kind: str | None = None
    """The Content-Type; by default what the body is, and with an empty one there is none."""
    extra: tuple[tuple[str, str], ...] = ()
    """Headers that come before the framework's own."""

    def response(self, style: Style) -> Response:
        """As that framework writes it."""
        text = self.body if isinstance(self.body, str) else msgspec.json.encode(self.body).decode() + style.end
        kind = self.kind
        if kind is None:
            kind = style.json if not isinstance(self.body, str) else HTML if text.startswith("<") else TEXT
        filled = [(n, v.replace("{kind}", kind).replace("{size}", str(len(text.encode())))) for n, v in style.headers]
        headers = [*self.extra, *(pair for pair in filled if pair[1])]
        return Response(status=self.status, reason=HTTPStatus(self.status).phrase, headers=headers, body=text)


def recording(name: str, product: str, style: Style, sources: list[str], answers: Mapping[str, Any]) -> Recording:
    """A synthetic recording; an answer that is no `Said` is a body with status 200, path `*` every unknown one."""
    exchanges = []
    for key, answer in answers.items():
        said = answer if isinstance(answer, Said) else Said(answer)
        path = key.removesuffix(FOREIGN)
        request = Request(method="*" if path == "*" else "GET", path=path, headers=[] if path == key else [EVIL])
        exchanges.append(Exchange(request=request, response=said.response(style)))
    return Recording(name=name, product=product, synthetic=True, sources=sources, exchanges=exchanges)


def page(title: str, head: str = "", body: str = '<div id="root"></div>') -> str:
    """A page as a single-page application serves it."""
    return f'<!doctype html>\n<html lang="en"><head>{head}<title>{title}</title></head><body>{body}</body></html>\n'


MISSING = Said("404 page not found\n", 404, TEXT, (("X-Content-Type-Options", "nosniff"),))
"""Go's own answer to an unknown path."""
