"""Pages that a recording is written from: what each framework says, in the order in which it says it."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

from tests.recording import Exchange, Recording, Request, Response

DATE = "Fri, 20 Nov 2026 21:00:00 GMT"
EVIL = ("Origin", "http://evil.example")
JSON, HTML, TEXT = "application/json", "text/html; charset=utf-8", "text/plain; charset=utf-8"
UTF8 = "application/json; charset=utf-8"
Headers = list[tuple[str, str]]
Frame = Callable[[str, Headers], Headers]
"""How a framework orders its headers: from the content type and what the application adds to every answer."""


class Page(NamedTuple):
    """One answer; a body that is no text is sent as JSON."""

    status: int = 200
    body: Any = ""
    kind: str = JSON
    extra: Sequence[tuple[str, str]] = ()
    asked: Sequence[tuple[str, str]] = ()


Pages = dict[str, Page | list[Page]]
"""Path to its answers; `*` is every path not named."""


def uvicorn(kind: str, extra: Headers) -> Headers:
    """As Python's uvicorn."""
    return [("date", DATE), ("server", "uvicorn"), *extra, ("content-length", "{size}"), ("content-type", kind)]


def aiohttp(kind: str, extra: Headers) -> Headers:
    """As Python's aiohttp."""
    sized = [("Content-Type", kind), ("Content-Length", "{size}"), ("Date", DATE)]
    return [*sized, *extra, ("Server", "Python/3.12 aiohttp/3.13.2")]


def node(kind: str, extra: Headers) -> Headers:
    """As Node's own server, below Express, Next.js and others."""
    tail = [("Date", DATE), ("Connection", "keep-alive"), ("Keep-Alive", "timeout=5")]
    return [*extra, ("Content-Type", kind), ("Content-Length", "{size}"), *tail]


def go(kind: str, extra: Headers) -> Headers:
    """As Go's net/http: by name, then the date and the length."""
    return [*sorted([*extra, ("Content-Type", kind)]), ("Date", DATE), ("Content-Length", "{size}")]


def nginx(kind: str, extra: Headers) -> Headers:
    """As nginx in front of an application."""
    front = [("Server", "nginx/1.29.3"), ("Date", DATE), ("Content-Type", kind), ("Content-Length", "{size}")]
    return [*front, ("Connection", "keep-alive"), *extra]


def envoy(kind: str, extra: Headers) -> Headers:
    """As Envoy."""
    return [("content-length", "{size}"), ("content-type", kind), ("date", DATE), ("server", "envoy"), *extra]


def exchange(frame: Frame, path: str, page: Page) -> Exchange:
    """A GET of that path and its answer."""
    body = page.body if isinstance(page.body, str) else msgspec.json.encode(page.body).decode()
    size = str(len(body.encode()))
    headers = [(name, value.replace("{size}", size)) for name, value in frame(page.kind, list(page.extra))]
    request = Request(method="*" if path == "*" else "GET", path=path, headers=list(page.asked))
    answer = Response(status=page.status, reason=HTTPStatus(page.status).phrase, headers=headers, body=body)
    return Exchange(request=request, response=answer)


def recorded(
    name: str, product: str, sources: list[str], frame: Frame, pages: Mapping[str, Page | list[Page]]
) -> Recording:
    """The synthetic recording of that name."""
    said = [(path, one) for path, page in pages.items() for one in (page if isinstance(page, list) else [page])]
    exchanges = [exchange(frame, path, one) for path, one in said]
    return Recording(name=f"synthetic-{name}", product=product, synthetic=True, sources=sources, exchanges=exchanges)


def html(title: str, head: str = "", body: str = '<div id="root"></div>') -> Page:
    """A page with a title."""
    text = f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8" /><title>{title}</title>{head}</head>\n'
    return Page(200, f"{text}<body>{body}</body></html>\n", HTML)


def missing(status: int = 404) -> Page:
    """FastAPI's way of saying no."""
    return Page(status, {"detail": HTTPStatus(status).phrase})
