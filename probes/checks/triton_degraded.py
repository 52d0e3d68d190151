"""Whether Triton calls itself ready while a model that it was told to serve failed to load."""

from collections.abc import Mapping
from typing import Any

from livebom.bom.service import Verdict
from livebom.recognise.match import View
from livebom.recognise.path import walk

CHECK = "triton-ready-while-degraded"


def decide(replies: Mapping[str, View]) -> tuple[Verdict, tuple[str, ...]]:
    """Fails where `/v2/health/ready` is 200 beside a model whose load failed; passes where nothing failed or it is 400.

    In explicit mode an entry of the index is only a name until it is loaded, and what failed there was asked for by a
    client, not by the operator: then nothing is said.
    """
    ready, index = replies.get("ready"), replies.get("index")
    if ready is None or index is None or not index.success or not isinstance(index.json, list):
        return Verdict.UNKNOWN, ()
    entries = [entry for entry in walk(index.json, "[]") if isinstance(entry, dict)]
    broken = any(_failed(entry) for entry in entries)
    if broken and ready.reply.status == 400:
        return Verdict.PASS, ("ready", "index")
    if ready.reply.status != 200 or any("state" not in entry for entry in entries):
        return Verdict.UNKNOWN, ()
    return (Verdict.FAIL if broken else Verdict.PASS), ("ready", "index")


def _failed(entry: Mapping[str, Any]) -> bool:
    return entry.get("state") == "UNAVAILABLE" and entry.get("reason") not in (None, "", "unloaded")
