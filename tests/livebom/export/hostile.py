"""Names that try to break out of each format, and a document and a comparison that wear them everywhere."""

import unicodedata
from uuid import UUID

from livebom.bom.change import Change, Comparison, Status
from livebom.bom.document import Document, Look, document
from livebom.bom.graph import fold
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind, Value
from livebom.bom.service import Severity
from tests.sample import NOW

NAMES = {
    "escape codes": "\x1b[2J\x1b]0;owned\x07red\x9b31m",
    "bidi": "a\u202egnp.exe\u2066x\u200b",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "markup": '"><script>alert(1)</script><img src=x onerror=alert(1)>&lt;&amp;<!--]]>',
    "markdown": "`x` | [a](http://evil.example) ![b](http://evil.example) @octocat #1 GH-1 **b** "
    "</details> ${{x}} :smile:",
    "sarif": "{0} {{1}} [link](http://evil.example) [more](1)",
    "graphviz": '\\N\\G\\" ]; evil [label="x\\',
    "nul": "a\x00b\x01\ufffe\uffff",
    "surrogate": "a\ud800b",
    "lines": "a\r\nb\n# c\n- d\n| e |\n```\n\u2028f",
    "endless": "n" * 1_000_000,
}
"""What it tries, and how."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def hidden(text: str) -> set[str]:
    """The characters of an output that draw nothing or reorder what is drawn, beside its line ends."""
    return {one for one in set(text) - {"\n"} if unicodedata.category(one) in _HIDDEN}


def estate(name: str) -> Document:
    """Parts with that name in their attributes, at the end of their keys (where it is Unicode) and in their looks.

    Every kind is there, but few for a name that is a megabyte.
    """
    return _estate(name, huge=len(name) > 1_000, unicode="\ud800" not in name)


def plain(name: str) -> Document:
    """The same with a harmless name."""
    return _estate("plain", huge=len(name) > 1_000, unicode="\ud800" not in name)


def _estate(name: str, *, huge: bool, unicode: bool) -> Document:
    kinds = (PartKind.SERVER, PartKind.FINDING) if huge else tuple(PartKind)
    names = ["name", "product", "version", "auth", "owner", "license", "severity", "title", "remediation", "sha256"]
    facts: dict[str, Value] = dict.fromkeys(names[:1] if huge else names, name)
    facts |= {"where": [name], "seen": [name], "cwe": [name], name.replace("\ud800", "?")[:50]: name}
    others: dict[str, Value] = {"auth": "other", "port": 1, "pinned": True}
    edges = {PartKind.FINDING: EdgeKind.HAS_FINDING, PartKind.MODEL: EdgeKind.SERVES, PartKind.TOOL: EdgeKind.CAN_CALL}
    ends = [EdgeTo(kind=edge, to_kind=kind, to=_key(kind, name)) for kind, edge in edges.items() if kind in kinds]
    said = [
        Observation(
            sweep="1",
            at=NOW,
            surface=surface,
            source=name,
            kind=kind,
            subject=_key(kind, name),
            facts={one: Fact(value, Confidence.DECLARED, name) for one, value in told.items()},
            edges=tuple(ends if kind is PartKind.SERVER else ()),
        )
        for kind in kinds
        for surface, told in (("code", facts), ("runtime", others))
        if surface == "code" or unicode  # claims that differ are compared as JSON, which is Unicode
    ]
    looks = [Look(at=NOW, id="1", surface="code", source=name, scope=(name,), mute=(name,), not_seen=(name,))]
    return document(fold(said), looks, said)


def _key(kind: PartKind, name: str) -> str:
    return f"{kind}/{name.encode('utf-8', 'replace').decode()}"


def comparison(name: str) -> Comparison:
    """A change with that name everywhere a name can stand."""
    one = Change(
        event="agent.tool_added",
        severity=Severity.HIGH,
        status=Status.ACCEPTED,
        part=UUID(int=1),
        kind=PartKind.AGENT,
        key=name,
        name=name,
        edge=UUID(int=2),
        edge_kind=EdgeKind.CAN_CALL,
        other=UUID(int=3),
        other_kind=PartKind.TOOL,
        other_key=name,
        other_name="tool",
        attribute=name,
        before=name,
        after=[name, name],
        why=(name, name),
        evidence_before=name,
        evidence_after=f"{name}.py:3",
        owner=name,
        where=(name,) * 7,
        at=NOW,
    )
    return Comparison(
        old=name, new=name, old_at=NOW, new_at=NOW, changes=(one,), unsaid=(name,), unsaid_count=2, not_seen=(name,)
    )
