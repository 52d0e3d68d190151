"""A comparison with every status, with edges, attributes and a hostile name."""

from datetime import timedelta
from uuid import UUID

from livebom.bom.change import Change, Comparison, Status
from livebom.bom.parts import EdgeKind, PartKind
from livebom.bom.service import Severity
from tests.sample import AGENT, HOSTILE, NOW, OLLAMA, QWEN, SHELL, VLLM

CHANGES = (
    Change(
        event="auth.removed",
        severity=Severity.CRITICAL,
        part=UUID(int=1),
        kind=PartKind.SERVER,
        key=VLLM,
        name="vllm",
        attribute="auth",
        before="required",
        after="none",
        why=("comes as critical", "reachable from the private network"),
        evidence_before="GET /v1/models#1a2b3c4d5e6f",
        evidence_after="GET /v1/models#9f86d081884c",
        owner="gpu-team@example",
        where=("lab/10.0.0.5:8000",),
        at=NOW,
    ),
    Change(
        event="agent.tool_added",
        severity=Severity.HIGH,
        part=UUID(int=2),
        kind=PartKind.AGENT,
        key=AGENT,
        name="SalesAgent",
        edge=UUID(int=3),
        edge_kind=EdgeKind.CAN_CALL,
        other=UUID(int=4),
        other_kind=PartKind.TOOL,
        other_key=SHELL,
        other_name="shell",
        why=("the tool can exec, fs-write",),
        evidence_after="agents/sales.py:12#5e884898da28",
        owner="shop-team@example",
        at=NOW,
    ),
    Change(
        event="model.new",
        severity=Severity.MEDIUM,
        status=Status.ACCEPTED,
        part=UUID(int=5),
        kind=PartKind.SERVER,
        key=OLLAMA,
        name=OLLAMA,
        edge=UUID(int=6),
        edge_kind=EdgeKind.SERVES,
        other=UUID(int=7),
        other_kind=PartKind.MODEL,
        other_key=QWEN,
        other_name=HOSTILE,
        why=("accepted until 2026-12-31: a trial", "by speech-team"),
        where=("lab/10.0.0.6:11434", "lab/10.0.0.6:8080"),
        at=NOW,
    ),
    Change(
        event="part.not_seen",
        severity=Severity.LOW,
        status=Status.FLAPPING,
        count=4,
        part=UUID(int=8),
        kind=PartKind.LISTENER,
        key="lab/10.0.0.9:6333",
        name="lab/10.0.0.9:6333",
        at=NOW,
    ),
    Change(
        event="tool.told_by_nobody",
        severity=Severity.INFO,
        status=Status.SUSPECTED,
        part=UUID(int=4),
        kind=PartKind.TOOL,
        key=SHELL,
        name="shell",
        attribute="capabilities",
        before=None,
        after=["exec", "fs-write"],
        at=NOW,
    ),
)

COMPARISON = Comparison(
    old="last-good",
    new="now",
    old_at=NOW - timedelta(days=1),
    new_at=NOW,
    changes=CHANGES,
    unsaid=("server lab/10.0.0.7/open-webui",),
    unsaid_count=3,
    not_seen=("10.0.1.0/24: the sweep was ended early", "hosted AI services: another surface"),
    held=2,
)

NOTHING = Comparison(old="a.json", new="b.json", old_at=NOW, new_at=NOW)
