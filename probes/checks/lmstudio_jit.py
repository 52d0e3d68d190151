"""Whether LM Studio loads whatever model a request names."""

from collections.abc import Mapping

from livebom.bom.service import Verdict
from livebom.recognise.match import ABSENT, View
from livebom.recognise.path import walk

CHECK = "lmstudio-jit-loading-on"


def decide(replies: Mapping[str, View]) -> tuple[Verdict, tuple[str, ...]]:
    """Fails where /v1/models offers a model that /api/v0/models calls not loaded, passes where it offers none of them.

    With just-in-time loading off, /v1/models lists only what is loaded (lmstudio-ai/docs, headless). Where everything
    is loaded the two lists cannot differ, and nothing is said.
    """
    offered, states = replies.get("models"), replies.get("v0")
    if offered is None or states is None or not _listed(offered) or not _listed(states):
        return Verdict.UNKNOWN, ()
    idle = {
        entry.get("id")
        for entry in walk(states.json, "data[]")
        if isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry.get("state") == "not-loaded"
    }
    if not idle:
        return Verdict.UNKNOWN, ()
    named = {name for name in walk(offered.json, "data[].id") if isinstance(name, str)}
    return (Verdict.FAIL if idle & named else Verdict.PASS), ("models", "v0")


def _listed(view: View) -> bool:
    """Whether the reply is a list of models, and not the 200 that this server gives to everything."""
    return view.success and view.json is not ABSENT and isinstance(next(walk(view.json, "data"), None), list)
