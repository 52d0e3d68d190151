"""The OpenAPI document of the control socket, made from the table of routes; `python -m daemon.openapi` prints it."""

import re
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from daemon.route import Route, Text
from daemon.routes import routes
from daemon.wire import Problem
from livebom import __version__

_LINES = "application/jsonl"
_PROBLEMS = {
    "400": "What was asked is not understood.",
    "403": "You have not the role.",
    "404": "There is no such thing.",
    "405": "The path has not that method.",
    "410": "The page behind that cursor is gone.",
    "413": "The body is too long.",
    "415": "The body has a coding.",
    "422": "It is understood and refused.",
    "429": "Too many at once.",
    "503": "The store or its disk does not let it.",
}


def document() -> dict[str, Any]:
    """The document (OpenAPI 3.1)."""
    known = routes()
    kinds = [kind for one in known for kind in (one.takes, one.gives, one.query) if kind not in (None, Text)]
    unique = list(dict.fromkeys([*kinds, Problem]))
    schemas, components = msgspec.json.schema_components(unique, ref_template="#/components/schemas/{name}")
    schemas, components = _ecma(schemas), _ecma(components)
    named = dict(zip(unique, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in known:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, named, components)
    queries = {one.query.__name__ for one in known if one.query is not None}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "livebom",
            "version": __version__,
            "description": "HTTP/1.1 over the daemon's unix socket. Who connects is told by the kernel, and the roles "
            "of that account decide; see docs/daemon.md.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "http://localhost"}],
        "paths": paths,
        "components": {"schemas": {name: its for name, its in sorted(components.items()) if name not in queries}},
    }


def _ecma(schema: Any) -> Any:
    """The schema with patterns as JSON Schema has them, ECMA-262's: `^` and `$` for Python's `\\A` and `\\Z`."""
    if isinstance(schema, dict):
        return {
            name: re.sub(r"\\Z\Z", "$", re.sub(r"\A\\A", "^", its))
            if name == "pattern" and isinstance(its, str)
            else _ecma(its)
            for name, its in schema.items()
        }
    return [*map(_ecma, schema)] if isinstance(schema, list | tuple) else schema


def _operation(one: Route, named: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": f"{one.method.lower()}_{'_'.join(re.findall('[a-z]+', one.path)[1:])}",
        "summary": one.summary,
        "description": f"Needs the role `{one.role}`.",
        "parameters": _parameters(one, components),
        "responses": {
            str(one.status): _given(one, named, "As asked."),
            **{status: _problem(words) for status, words in _PROBLEMS.items()},
            **{str(status): _given(one, named, words) for status, words in one.also.items()},
        },
        "x-role": one.role.value,
    }
    if one.takes is not None:
        content = {"application/json": {"schema": named[one.takes]}}
        told["requestBody"] = {"required": True, "content": content, "description": f"At most {one.most} bytes."}
    return told


def _parameters(one: Route, components: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    if one.query is not None:
        schema = components[one.query.__name__]
        found += [
            {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": its}
            for name, its in schema["properties"].items()
        ]
    if one.keyed:
        schema = {"type": "string", "pattern": "^[!-~]{1,200}$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema})
    return found


def _given(one: Route, named: dict[Any, Any], words: str) -> dict[str, Any]:
    return {"description": words, "content": _content(one, named)}


def _content(one: Route, named: dict[Any, Any]) -> dict[str, Any]:
    if one.gives is Text:
        return {"text/plain": {"schema": {"type": "string"}}}
    endless = one.lines and one.path.endswith("events")
    content = {} if endless else {"application/json": {"schema": named[one.gives]}}
    if one.lines:
        content[_LINES] = {"schema": named[one.gives] if endless else {"description": "One row of it a line."}}
    return content


def _problem(words: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": words, "content": content}


def main(_: Sequence[str] = ()) -> None:
    """Print it."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document()), indent=2).decode() + "\n")


if __name__ == "__main__":
    main()
