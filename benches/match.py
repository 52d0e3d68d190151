"""From a reply to the fingerprints that it speaks for: one look for all evidence, against one expression at a time."""

import json
import re
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benches.harness import Result, judged, main

FIGURE = "prefilter and match, 1 kB reply"
TARGETS = {"hyperscan": "ours <= 5", "re2": "ours <= 50", "literals": "ours <= 50"}
"""By engine; the figure is that of the fastest one here, and it fails where another misses its own."""
UNIT = "us of CPU"
FINGERPRINTS = 300
KEY = "1 kB JSON"
"""The reply that the figure is about: of a server that is none of ours, as nearly all are."""
_RUNS = 5
_LOOPS = 2000
_WORD = re.compile(r"(?<![\\A-Za-z_])[A-Za-z_]{5,}")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "object models model_list message error detail status title version center address Server Content owned_by"
        " created Forbidden counter gauge histogram summary property content",
    )
)
"""Words that products share; the others are made different for each synthetic fingerprint."""


def _catalog(engine: str) -> Any:
    """Our fingerprints, and copies of them whose own words differ, FINGERPRINTS in all."""
    import msgspec

    from livebom.recognise.catalog import Catalog
    from livebom.recognise.rules import Fingerprint
    from livebom.surfaces import load_catalog

    ours = load_catalog()
    found = [kit.fingerprint for kit in ours.kits]
    for number in range(FINGERPRINTS - len(found)):
        tree = msgspec.to_builtins(found[number % len(ours.kits)])
        tree["product"] += f"-{number}"
        for rule in (*tree["marks"], *tree.get("vetoes", [])):
            for part in ("body", "json", "header"):
                if part in rule:
                    rule[part] = _changed(rule[part], f"_{number:03d}")
        found.append(msgspec.convert(tree, Fingerprint))
    return Catalog(found, ours.shared, engine=engine)


def _changed(test: Any, mark: str) -> Any:
    if isinstance(test, str):
        return _WORD.sub(lambda word: word[0] if word[0] in _COMMON else word[0] + mark, test)
    if isinstance(test, dict):
        return {key: _changed(inner, mark) if key not in {"type", "status"} else inner for key, inner in test.items()}
    return [_changed(one, mark) for one in test] if isinstance(test, list) else test


def _replies() -> dict[str, tuple[str, Any]]:
    """Name to the ask it replies to, and the reply."""
    from livebom.net.reply import Reply

    def served(media: str, body: str, server: str) -> Reply:
        headers = (
            ("Date", "Sat, 21 Nov 2026 04:20:00 GMT"),
            ("Server", server),
            ("Content-Length", str(len(body))),
            ("Content-Type", media),
        )
        return Reply(status=200, reason="OK", headers=headers, body=body.encode())

    items = [{"name": f"item-{n:02d}", "state": "ready", "size": n * 1000, "tags": ["a", "b"]} for n in range(15)]
    model = {
        "id": "org/model",
        "object": "model",
        "created": 1,
        "owned_by": "vllm",
        "root": "/m",
        "max_model_len": 8192,
    }
    models = {"object": "list", "data": [model | {"permission": [{"id": f"perm-{n}"} for n in range(45)]}]}
    rows = "".join(
        f'<div class="row n{n}"><a href="/item/{n}">Item {n}</a><p>Some words</p></div>\n' for n in range(120)
    )
    page = f"<!doctype html><html><head><title>Intranet</title></head><body>\n{rows}</body></html>"
    stranger = json.dumps({"items": items})[:1024]
    return {
        KEY: ("models", served("application/json", stranger, "Jetty(12.0.9)")),
        "1 kB JSON, 6 hits": ("models", served("application/json", stranger, "uvicorn")),
        "1 kB JSON of vLLM, 16 hits": ("models", served("application/json", json.dumps(models), "uvicorn")),
        "9 kB HTML": ("root", served("text/html", page, "Jetty(12.0.9)")),
    }


def _microseconds(step: Callable[[], object]) -> list[float]:
    """Of one step, in each of the runs."""
    step()
    costs = []
    for _ in range(_RUNS):
        began = time.process_time()
        for _ in range(_LOOPS):
            step()
        costs.append((time.process_time() - began) / _LOOPS * 1e6)
    return costs


def _measured(engine: str) -> tuple[dict[str, list[float]], dict[str, list[str]]]:
    """What a reply costs with this engine, and who it speaks for."""
    from livebom.recognise.match import View

    catalog = _catalog(engine)
    owners, requests = catalog.prefilter.owners, catalog.kits[0].signatures
    costs, found = {}, {}
    for name, (ask, reply) in _replies().items():
        found[name] = [kit.product for kit in owners(requests[ask], View(reply))]
        costs[name] = _microseconds(lambda request=requests[ask], reply=reply: owners(request, View(reply)))  # type: ignore[misc]
    return costs, found


def _one_by_one() -> dict[str, list[float]]:
    """The peer: as many expressions, each searched for with `re`."""
    catalog = _catalog("literals")
    tests = [_expression(kit.fingerprint) for kit in catalog.kits]
    searches = [re.compile(one).search for one in tests]
    texts = {name: reply.body.decode() for name, (_, reply) in _replies().items()}
    return {name: _microseconds(lambda text=text: [s(text) for s in searches]) for name, text in texts.items()}  # type: ignore[misc]


def _expression(fingerprint: Any) -> str:
    """One expression of the fingerprint, as its marks have it or made of a word they look for."""
    from livebom.recognise.needles import of_json, of_text

    for mark in fingerprint.marks:
        expression = getattr(mark.body, "matches", None)
        if expression is not None:
            return str(expression)
    groups = [one for mark in fingerprint.marks for path, test in mark.json.items() for one in of_json(path, test)]
    groups += [one for mark in fingerprint.marks for test in mark.header.values() for one in of_text(test)]
    return re.escape(max((word for group in groups for word in group), key=len, default=fingerprint.product))


def run() -> Result:
    """Measure every engine that is installed; the figure is that of the fastest."""
    from livebom.recognise import engines

    global _LOOPS
    told: dict[str, dict[str, list[float]]] = {}
    found = []
    for engine in engines.installed():
        told[engine], speaks_for = _measured(engine)
        found.append(speaks_for)
    if any(one != found[0] for one in found):
        raise RuntimeError(f"the engines do not find the same: {found}")
    _LOOPS //= 20
    peers = _one_by_one()
    extra = {f"{engine}, {name}": median(runs) for engine, costs in told.items() for name, runs in costs.items()}
    extra |= {f"re one by one, {name}": median(runs) for name, runs in peers.items()}
    results = [judged(FIGURE, TARGETS[one], UNIT, costs[KEY], peers[KEY]) for one, costs in told.items()]
    note = ", ".join(f"{one.ours:.3g} with {engine}" for engine, one in zip(told, results, strict=True))
    return Result(
        figure=FIGURE,
        unit=UNIT,
        target=results[0].target,
        ours=results[0].ours,
        peer=results[0].peer,
        ratio=results[0].ratio,
        ok=all(one.ok for one in results),
        note=note,
        runs=results[0].runs,
        extra=extra,
    )


if __name__ == "__main__":
    main(run)
