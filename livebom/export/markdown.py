"""The inventory for people (`markdown`): what was looked at and what was not, then findings, servers, models, agents.

Lost here: parts that are only counted, attributes that no table names, evidence, aliases and times of sight. Names
longer than 512 characters are cut and end in the first digits of their SHA-256.
"""

from collections import Counter
from datetime import UTC, datetime

from livebom.bom.believed import conflicts, explained
from livebom.bom.document import Document, Look
from livebom.bom.graph import name_of
from livebom.bom.parts import EdgeKind, Part, PartKind
from livebom.export.estate import Estate, estate, items_of, text_of
from livebom.export.findings import accepted, failing, rule_of, severity_of
from livebom.export.gaps import gaps
from livebom.export.markup import bullets, code, prose, table

NAME = "markdown"
SUFFIXES = (".md",)

_LISTED = 12
"""Names in one cell; of more the rest is counted."""

_E = EdgeKind
_K = PartKind

_MODELS = (_K.MODEL, _K.MODEL_VERSION, _K.ADAPTER)
_ORIGIN = {
    _E.DERIVED_FROM: "derived from",
    _E.QUANTIZED_FROM: "quantized from",
    _E.ADAPTER_OF: "adapter of",
    _E.FINE_TUNED_ON: "tuned on",
    _E.ALIAS_OF: "moving name of",
}


def export(document: Document) -> str:
    """A report that can be read from top to bottom; in no foreign word anything takes effect."""
    its = estate(document)
    head = f"State of {_moment(document.at)}, {'complete' if document.complete else '**not complete**'}."
    sections = (
        ("Looked at", _looks(document.looks)),
        ("Not looked at", bullets([prose(words) for words in gaps(document)] or ["nothing is known to be left out"])),
        ("Findings", _findings(its)),
        ("Servers and providers", _servers(its)),
        ("Models", _models(its)),
        ("Agents", _agents(its)),
        ("Tools", _tools(its)),
        ("Data", _data(its)),
        ("Conflicts", _conflicts(its)),
        ("In all", _counts(its)),
    )
    lines = ["# AI bill of materials", "", head, ""]
    for title, told in sections:
        lines += [f"## {title}", "", *(told or ["None.", ""])]
    return "\n".join(lines).rstrip("\n") + "\n"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _looks(looks: tuple[Look, ...]) -> list[str]:
    return table(
        ("When", "Surface", "Who looked", "At what", "Complete"),
        [
            (
                _moment(look.at),
                code(look.surface),
                code(look.source),
                _cell([code(one) for one in look.scope]),
                "yes" if look.complete else "**no**",
            )
            for look in looks
        ],
    )


def _findings(its: Estate) -> list[str]:
    lines = []
    for one in failing(its):
        about = [f"{part.kind} {code(name_of(part))}" for part in its.into(one, _E.HAS_FINDING)]
        facts = {
            "about": _cell(about),
            "where": _cell([code(where) for where in items_of(one, "where")]),
            "seen": _cell([code(seen) for seen in items_of(one, "seen")]),
            "fix": prose(text_of(one, "remediation")),
            "owner": code(its.owners.get(one.id, "")) or "unknown",
            "accepted": prose(accepted(one)),
        }
        aside = " (accepted)" if accepted(one) else ""
        lines.append(f"- **{severity_of(one)}**{aside} {code(rule_of(one))}: {prose(text_of(one, 'title'))}")
        lines += [f"  - {name}: {said}" for name, said in facts.items() if said]
    return [*lines, ""] if lines else []


def _servers(its: Estate) -> list[str]:
    return table(
        ("Kind", "Name", "Product", "Reached at", "Auth", "Exposure", "Models", "Behind", "Owner"),
        [
            (
                str(part.kind),
                _name(part),
                _joined(part, "product", "version"),
                _names(its.to(part, _E.LISTENS_ON)),
                _loud(text_of(part, "auth"), bad=("none", "partial")) or "unknown",
                code(text_of(part, "exposure")),
                _names(its.to(part, _E.SERVES)),
                _names(its.into(part, _E.FRONTS)),
                code(its.owners.get(part.id, "")) or "unknown",
            )
            for part in its.of(_K.SERVER, _K.MCP_SERVER, _K.API_PROVIDER)
        ],
    )


def _models(its: Estate) -> list[str]:
    return table(
        ("Model", "License", "From", "Revision", "SHA-256 of weights", "Served by", "Used by"),
        [
            (
                _name(part),
                _joined(part, "license", "license_family"),
                _origin(its, part),
                _revision(its, part),
                _hashes(its, part),
                _names(its.into(part, _E.SERVES)),
                _names(its.into(part, _E.USES_MODEL, _E.EMBEDDED_BY)),
            )
            for part in its.of(_K.MODEL, _K.ADAPTER)
        ],
    )


def _origin(its: Estate, part: Part) -> str:
    told = [code(text_of(part, "supplier"))] if text_of(part, "supplier") else []
    told += [f"{words} {code(name_of(other))}" for kind, words in _ORIGIN.items() for other in its.to(part, kind)]
    return _cell(told) or "unknown"


def _revision(its: Estate, part: Part) -> str:
    revisions = items_of(part, "revision") + [
        one for version in its.to(part, _E.HAS_VERSION) for one in items_of(version, "revision")
    ]
    pinned = {"true": "pinned", "false": "**not pinned**"}.get(text_of(part, "pinned"), "")
    return _cell([code(one) for one in dict.fromkeys(revisions)] + ([pinned] if pinned else [])) or "unknown"


def _hashes(its: Estate, part: Part) -> str:
    versions = its.to(part, _E.HAS_VERSION)
    weights = [one for owner in (part, *versions) for one in its.to(owner, _E.HAS_WEIGHTS)]
    told = [
        code(text_of(one, "sha256"))
        + (
            f" signature {_loud(text_of(one, 'signature'), bad=('none', 'invalid'))}"
            if items_of(one, "signature")
            else ""
        )
        for one in weights
        if items_of(one, "sha256")
    ]
    return _cell(told) or "unknown"


def _agents(its: Estate) -> list[str]:
    return table(
        ("Agent", "Framework", "Models", "Can call", "MCP servers", "Hands off to", "Guarded by", "Owner"),
        [
            (
                _name(part),
                code(text_of(part, "framework")),
                _names(its.to(part, _E.USES_MODEL)),
                _names(its.to(part, _E.CAN_CALL)),
                _names(its.to(part, _E.USES_MCP)),
                _names(its.to(part, _E.HANDS_OFF_TO)),
                _names(its.to(part, _E.GUARDED_BY)) or "**nothing**",
                code(its.owners.get(part.id, "")) or "unknown",
            )
            for part in its.of(_K.AGENT)
        ],
    )


def _tools(its: Estate) -> list[str]:
    return table(
        ("Tool", "Capabilities", "Exposed by", "Called by"),
        [
            (
                _name(part),
                _cell([code(one) for one in items_of(part, "capabilities")]) or "unknown",
                _names(its.into(part, _E.EXPOSES)),
                _names(its.into(part, _E.CAN_CALL)),
            )
            for part in its.of(_K.TOOL)
        ],
    )


def _data(its: Estate) -> list[str]:
    return table(
        ("Kind", "Name", "Classification", "Populated from", "Read by", "Written by"),
        [
            (
                str(part.kind),
                _name(part),
                code(text_of(part, "classification")) or "unknown",
                _names(its.to(part, _E.POPULATED_FROM)),
                _names(its.into(part, _E.READS)),
                _names(its.into(part, _E.WRITES)),
            )
            for part in its.of(_K.DATASET, _K.VECTOR_STORE)
        ],
    )


def _conflicts(its: Estate) -> list[str]:
    return bullets(
        f"{part.kind} {_name(part)}, {code(name)}: {prose(explained(part.attributes[name]))}"
        for part in its.parts.values()
        for name in conflicts(part)
    )


def _counts(its: Estate) -> list[str]:
    parts = Counter(part.kind for part in its.parts.values())
    edges = Counter(edge.kind for edge in its.edges)
    rows = [(str(kind), str(count)) for counted in (parts, edges) for kind, count in sorted(counted.items())]
    return table(("Kind", "How many"), rows)


def _name(part: Part) -> str:
    """The name, and the key where the name is another: two things may bear one name."""
    name = name_of(part)
    return code(name) + ("" if name == part.key else f" ({code(part.key)})")


def _names(parts: list[Part]) -> str:
    return _cell([code(name_of(part)) for part in parts])


def _cell(told: list[str]) -> str:
    rest = [f"and {len(told) - _LISTED} more"] if len(told) > _LISTED else []
    return ", ".join([*told[:_LISTED], *rest])


def _joined(part: Part, *names: str) -> str:
    return " ".join(code(text_of(part, name)) for name in names if text_of(part, name)) or "unknown"


def _loud(word: str, *, bad: tuple[str, ...]) -> str:
    return f"**{word}**" if word in bad else code(word)
