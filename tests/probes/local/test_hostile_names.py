"""A container whose every name holds escape codes, markup and line ends, told through every exit."""

import re
import unicodedata
from typing import Any

import anyio
import pytest

from livebom.bom.report import Report, document_of
from livebom.export import exported, formats, written
from livebom.net.engine_api import EngineDoor
from livebom.surfaces import Local, load_catalog
from livebom.turn import Turn, crank
from probes.local.engine import Engine
from probes.local.here import here
from tests.probes.local.fakeengine import ID, container, engine
from tests.probes.local.shapes import known

_BAD = "\x1b]0;owned\x07\x1b[31m\u202e\x9b2J\r\n<script>alert(1)</script>\"'`|=cmd()\x00\ud7ff"
_SHOWN = "owned"
"""The harmless part, by which it is seen that the name came so far."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    one: dict[str, Any] = container(Name=f"/{_BAD}", Args=["serve", f"acme/{_BAD}", "--served-model-name", _BAD])
    one["Config"] |= {"Image": f"vllm/vllm-openai:{_BAD}", "User": _BAD}
    one["Config"]["Labels"] |= {"com.docker.compose.project": _BAD, _BAD: _BAD}
    one["HostConfig"] |= {"NetworkMode": _BAD, "RestartPolicy": {"Name": _BAD}}
    one["NetworkSettings"]["Networks"] = {_BAD: {"IPAddress": "172.17.0.2"}}
    one["Mounts"] = [{"Source": f"/{_BAD}", "Destination": f"/{_BAD}", "RW": True}]
    one["State"] |= {"Pid": 0}
    answers = {"/v1.41/containers/json": [{"Id": ID}], f"/v1.41/containers/{ID}/json": one}
    with engine(tmp_path_factory.mktemp("engine") / "s", answers) as (address, _):
        source = Engine("docker", EngineDoor(address=address))
        local = Local(sources=(source,), known=known(), here=here())
        return anyio.run(crank, Turn(orders=[], catalog=load_catalog(), scope=("this host",), local=local))


def test_the_container_is_told(report: Report) -> None:
    assert any(_SHOWN in repr(part) for part in document_of(report).graph.parts.values())


@pytest.mark.parametrize("form", sorted(formats("write")))
def test_what_discover_prints_holds_none_of_it(report: Report, form: str) -> None:
    _clean("".join(written(report, form, everything=True)), form)


@pytest.mark.parametrize("form", sorted(formats("export")))
def test_what_is_exported_holds_none_of_it(report: Report, form: str) -> None:
    text = exported(document_of(report), form)

    assert _SHOWN in text
    _clean(text, form)


def _clean(text: str, form: str) -> None:
    """No control character but line ends and tabs, no change of direction; in what browsers read, no markup either."""
    bad = {f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in "\n\t\r"}
    assert not bad
    if form == "markdown":  # what stands between backticks is shown as it is (CommonMark 6.1)
        assert "<script>alert" not in re.sub(r"`[^`\n]*`", "", text)
    if form in {"html", "graphml"}:
        assert "<script>alert" not in text
    if form == "csv":
        assert not re.search(r"(^|,)\"?=cmd", text, re.MULTILINE)
    assert "sk-0123456789abcdef" not in text
