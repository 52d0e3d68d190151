"""Ready or not: Triton's readiness held against its catalogue of models."""

from typing import Any

import msgspec
import pytest

from livebom.bom.service import Verdict
from livebom.net.reply import Reply
from livebom.recognise.match import View
from probes.checks.triton_degraded import decide

FINE = {"name": "a", "version": "1", "state": "READY"}
BROKEN = {"name": "b", "version": "1", "state": "UNAVAILABLE", "reason": "Internal: no module"}
UNLOADED = {"name": "c", "version": "1", "state": "UNAVAILABLE", "reason": "unloaded"}
NAMED = {"name": "d"}


def looked(ready: int | None, index: Any, status: int = 200) -> dict[str, View]:
    body = msgspec.json.encode(index)
    replies = {"index": View(Reply(status=status, body=body))}
    return replies if ready is None else replies | {"ready": View(Reply(status=ready))}


@pytest.mark.parametrize(
    ("ready", "index", "state"),
    [
        (200, [FINE, BROKEN], Verdict.FAIL),
        (200, [FINE, BROKEN, UNLOADED], Verdict.FAIL),
        (200, [FINE], Verdict.PASS),
        (200, [FINE, UNLOADED], Verdict.PASS),
        (200, [], Verdict.PASS),
        (400, [FINE, BROKEN], Verdict.PASS),
        (400, [FINE], Verdict.UNKNOWN),
        (200, [FINE, BROKEN, NAMED], Verdict.UNKNOWN),
        (403, [FINE, BROKEN], Verdict.UNKNOWN),
        (None, [BROKEN], Verdict.UNKNOWN),
        (200, {"error": "x"}, Verdict.UNKNOWN),
        (200, ["BROKEN", 3, None], Verdict.PASS),
    ],
)
def test_what_readiness_and_catalogue_say_together(ready: int | None, index: Any, state: Verdict) -> None:
    found, shown = decide(looked(ready, index))
    assert found is state
    assert shown == (() if state is Verdict.UNKNOWN else ("ready", "index"))


def test_a_catalogue_that_is_refused_says_nothing() -> None:
    assert decide(looked(200, [BROKEN], status=403)) == (Verdict.UNKNOWN, ())
    assert decide({}) == (Verdict.UNKNOWN, ())
