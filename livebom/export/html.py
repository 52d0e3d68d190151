"""The report for a browser (`html`): one file that loads nothing, runs nothing foreign, and says what it lacks.

Lost here: attributes that no table names, evidence of what is no finding, and aliases.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from livebom.bom.believed import conflicts, explained
from livebom.bom.document import Document
from livebom.bom.graph import name_of
from livebom.bom.parts import EdgeKind, Part, PartKind
from livebom.bom.service import Severity
from livebom.export.estate import Estate, estate, items_of, text_of
from livebom.export.findings import accepted, failing, rule_of, severity_of
from livebom.export.gaps import gaps
from livebom.export.page import page, text
from livebom.export.page.blocks import bullets, code, facts, names, section, table, tiles

NAME = "html"
SUFFIXES = (".html", ".htm")

_E = EdgeKind
_K = PartKind

_TILES = (
    ("servers", (_K.SERVER, _K.MCP_SERVER)),
    ("models", (_K.MODEL, _K.ADAPTER)),
    ("agents", (_K.AGENT,)),
    ("tools", (_K.TOOL,)),
    ("data sets and stores", (_K.DATASET, _K.VECTOR_STORE)),
    ("hosted providers", (_K.API_PROVIDER,)),
    ("packages", (_K.PACKAGE,)),
)
_FILTER = '<input id="filter" type="search" placeholder="filter rows" aria-label="filter rows" hidden>'
_ORIGIN = (_E.DERIVED_FROM, _E.QUANTIZED_FROM, _E.ADAPTER_OF, _E.FINE_TUNED_ON, _E.ALIAS_OF)
_ACTS = (_E.CAN_CALL, _E.USES_MCP, _E.HANDS_OFF_TO)


def export(document: Document) -> str:
    """The whole page; no foreign word in it is markup, script or a link."""
    its = estate(document)
    held = failing(its)
    differing = [part for part in its.parts.values() if conflicts(part)]
    sections = (
        ("gaps", "Not looked at", _gaps(document), None),
        ("findings", "Findings", "\n".join(_finding(its, one) for one in held), len(held)),
        ("servers", "Servers and providers", _servers(its), None),
        ("models", "Models", _models(its), None),
        ("agents", "Agents and tools", _agents(its), None),
        ("data", "Data", _data(its), None),
        ("conflicts", "Where sources differ", _conflicts(differing), len(differing)),
        ("looks", "Looked at", _looks(document), len(document.looks)),
        ("parts", "Everything", _everything(its.parts.values()), len(its.parts)),
    )
    links = "".join(f'<a href="#{name}">{text(title)}</a>' for name, title, _, _ in sections)
    body = [
        _header(document),
        _tiles(its, held),
        f"<nav>{links}{_FILTER}</nav>",
        *(section(name, title, inner, count) for name, title, inner, count in sections),
        "<footer>Written by livebom. This page loads nothing and sends nothing.</footer>",
    ]
    return page("AI bill of materials", "\n".join(body))


def _header(document: Document) -> str:
    whole = '<span class="good">complete</span>' if document.complete else '<span class="bad">not complete</span>'
    scope = ", ".join(document.scope[:8]) + (" …" if len(document.scope) > 8 else "")
    return (
        "<header><h1>AI bill of materials</h1>"
        f"<p>State of {_moment(document.at)}, {whole}. Scope: {text(scope) or 'none'}.</p></header>"
    )


def _tiles(its: Estate, held: list[Part]) -> str:
    counts = [(name, len(its.of(*kinds))) for name, kinds in _TILES]
    severities = Counter(severity_of(one) for one in held if not accepted(one))
    told = [*counts, *((f"{one} findings", severities[one]) for one in Severity)]
    told.append(("accepted findings", sum(bool(accepted(one)) for one in held)))
    return tiles((name, count) for name, count in told if count)


def _gaps(document: Document) -> str:
    inner = bullets(gaps(document)) or "<p>Nothing is known to be left out.</p>"
    return f'<div class="card gap">{inner}</div>'


def _finding(its: Estate, one: Part) -> str:
    severity = severity_of(one)
    about = [f"{part.kind} {name_of(part)}" for part in its.into(one, _E.HAS_FINDING)]
    told = facts(
        (
            ("about", names(about)),
            ("where", names(items_of(one, "where"))),
            ("seen", names(items_of(one, "seen"))),
            ("fix", text(text_of(one, "remediation"), 2000)),
            ("owner", text(its.owners.get(one.id, "")) or "unknown"),
            ("accepted", text(accepted(one), 2000)),
        )
    )
    title = text(text_of(one, "title") or rule_of(one), 300)
    aside = '<span class="mark">accepted</span>' if accepted(one) else ""
    return (
        f'<div class="card finding {severity}"><h3><span class="mark {severity}">{severity}</span>{aside}{title} '
        f"{code(rule_of(one))}</h3>{told}</div>"
    )


def _servers(its: Estate) -> str:
    titles = ("Name", "Product", "Reached at", "Auth", "Exposure", "Models", "Owner")
    return table(
        titles,
        (
            (
                _named(part),
                code(" ".join(filter(None, (text_of(part, "product") or part.kind, text_of(part, "version"))))),
                _ends(its.to(part, _E.LISTENS_ON)),
                _auth(text_of(part, "auth")),
                text(text_of(part, "exposure")),
                _ends(its.to(part, _E.SERVES)),
                text(its.owners.get(part.id, "")) or "unknown",
            )
            for kind in (_K.SERVER, _K.MCP_SERVER, _K.API_PROVIDER)
            for part in its.of(kind)
        ),
    )


def _models(its: Estate) -> str:
    titles = ("Model", "License", "From", "Revision", "SHA-256 of weights", "Served by", "Used by")
    return table(
        titles,
        (
            (
                _named(part),
                names(filter(None, (text_of(part, "license"), text_of(part, "license_family")))),
                names([*items_of(part, "supplier"), *(name_of(other) for other in its.to(part, *_ORIGIN))]),
                names(
                    [*items_of(part, "revision"), *(text_of(one, "revision") for one in its.to(part, _E.HAS_VERSION))]
                ),
                names(text_of(one, "sha256") or name_of(one) for one in its.to(part, _E.HAS_WEIGHTS)),
                _ends(its.into(part, _E.SERVES)),
                _ends(its.into(part, _E.USES_MODEL, _E.EMBEDDED_BY)),
            )
            for part in its.of(_K.MODEL, _K.ADAPTER)
        ),
    )


def _agents(its: Estate) -> str:
    agents = table(
        ("Agent", "Models", "May act through", "Reads and writes", "Guarded by", "Owner"),
        (
            (
                _named(part),
                _ends(its.to(part, _E.USES_MODEL)),
                _ends(its.to(part, *_ACTS)),
                _ends(its.to(part, _E.READS, _E.WRITES)),
                _ends(its.to(part, _E.GUARDED_BY)),
                text(its.owners.get(part.id, "")) or "unknown",
            )
            for part in its.of(_K.AGENT)
        ),
    )
    tools = table(
        ("Tool", "Can", "Exposed by", "Called by"),
        (
            (
                _named(part),
                names(items_of(part, "capabilities")),
                _ends(its.into(part, _E.EXPOSES)),
                _ends(its.into(part, _E.CAN_CALL)),
            )
            for part in its.of(_K.TOOL)
        ),
    )
    return "\n".join(filter(None, (agents, tools)))


def _data(its: Estate) -> str:
    return table(
        ("Data", "Kind", "Classification", "Comes from", "Read by", "Written by"),
        (
            (
                _named(part),
                text(part.kind),
                text(text_of(part, "classification")),
                _ends(its.to(part, _E.POPULATED_FROM, _E.DERIVED_FROM)),
                _ends(its.into(part, _E.READS)),
                _ends(its.into(part, _E.WRITES)),
            )
            for part in its.of(_K.DATASET, _K.VECTOR_STORE)
        ),
    )


def _conflicts(parts: Iterable[Part]) -> str:
    rows = (
        (_named(part), text(name), text(explained(part.attributes[name]), 2000))
        for part in parts
        for name in conflicts(part)
    )
    return table(("Part", "Attribute", "Believed, and why"), rows)


def _looks(document: Document) -> str:
    rows = (
        (
            _moment(look.at),
            text(look.surface),
            text(look.source),
            names(look.scope),
            '<span class="good">yes</span>' if look.complete else '<span class="bad">no</span>',
        )
        for look in document.looks
    )
    return table(("When", "Surface", "Who looked", "At what", "Complete"), rows)


def _everything(parts: Iterable[Part]) -> str:
    rows = ((text(part.kind), _named(part), _moment(part.first_seen), _moment(part.last_seen)) for part in parts)
    return table(("Kind", "Part", "First seen", "Last seen"), rows)


def _named(part: Part) -> str:
    name = name_of(part)
    return code(name) if name == part.key else f'<div>{code(name)}</div><div class="none">{code(part.key)}</div>'


def _ends(parts: Iterable[Part]) -> str:
    return names(name_of(part) for part in parts)


def _auth(said: str) -> str:
    style = {"none": "bad", "partial": "bad", "required": "good"}.get(said, "none")
    return f'<span class="{style}">{text(said or "unknown")}</span>'


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
