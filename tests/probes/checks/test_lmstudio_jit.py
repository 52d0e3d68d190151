"""Just-in-time loading: what LM Studio offers, held against what it says is loaded."""

from typing import Any

import msgspec
import pytest

from livebom.bom.service import Verdict
from livebom.net.reply import Reply
from livebom.recognise.match import View
from probes.checks.lmstudio_jit import decide

LOADED, IDLE = {"id": "a", "state": "loaded"}, {"id": "b", "state": "not-loaded"}


def looked(offered: Any, states: Any) -> dict[str, View]:
    bodies = {"models": offered, "v0": states}
    return {name: View(Reply(status=200, body=msgspec.json.encode(body))) for name, body in bodies.items()}


@pytest.mark.parametrize(
    ("offered", "states", "state"),
    [
        (["a", "b"], [LOADED, IDLE], Verdict.FAIL),
        (["b"], [IDLE], Verdict.FAIL),
        (["a"], [LOADED, IDLE], Verdict.PASS),
        ([], [IDLE], Verdict.PASS),
        (["a"], [LOADED], Verdict.UNKNOWN),
        (["a", "c"], [LOADED], Verdict.UNKNOWN),
        ([], [], Verdict.UNKNOWN),
        ([None, ["b"]], ["b", {"id": ["b"], "state": "not-loaded"}, IDLE], Verdict.PASS),
    ],
)
def test_what_is_offered_and_what_is_loaded(offered: list[Any], states: list[Any], state: Verdict) -> None:
    found, shown = decide(looked({"data": [{"id": name} for name in offered]}, {"data": states}))
    assert found is state
    assert shown == (() if state is Verdict.UNKNOWN else ("models", "v0"))


def test_the_200_for_every_path_is_no_list() -> None:
    strange = {"error": "Unexpected endpoint or method. (GET /api/v0/models)"}
    assert decide(looked({"data": [{"id": "b"}]}, strange)) == (Verdict.UNKNOWN, ())
    assert decide(looked(strange, {"data": [IDLE]})) == (Verdict.UNKNOWN, ())
    assert decide({}) == (Verdict.UNKNOWN, ())
