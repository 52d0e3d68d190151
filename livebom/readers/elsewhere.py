"""JSON of other tools that is no bill of materials read here: what it is, and how to get one from the same tool."""

from livebom.readers.problem import ReadProblem

_KNOWN: tuple[tuple[frozenset[str], str, str], ...] = (
    (frozenset({"artifacts", "descriptor"}), "Syft's own JSON", "write CycloneDX: syft … -o cyclonedx-json"),
    (frozenset({"matches", "descriptor"}), "Grype's own JSON", "write CycloneDX: grype … -o cyclonedx-json"),
    (frozenset({"SchemaVersion", "ArtifactName"}), "Trivy's own JSON", "write CycloneDX: trivy … --format cyclonedx"),
    (frozenset({"runs", "version"}), "SARIF, which holds findings only", "give the bill of materials beside it"),
    (frozenset({"lockfileVersion", "packages"}), "npm's lock file", "make a bill of materials of it: cdxgen -t js"),
)
"""The keys that tell a document, what it is, and the remedy."""


def unreadable(head: dict[str, object], file: str, formats: list[str]) -> ReadProblem:
    """The problem with a JSON object that no reader recognises."""
    for keys, what, remedy in _KNOWN:
        if keys <= head.keys():
            return ReadProblem(file, "$", f"this is {what}", remedy)
    return ReadProblem(
        file,
        "$",
        f"this JSON is no bill of materials that is read here ({_keys(head)})",
        f"give a document of one of these formats: {', '.join(formats)}",
    )


def _keys(head: dict[str, object]) -> str:
    """The keys of the outermost object, for people."""
    names = [name[:40] for name in sorted(head)[:6]]
    more = ", …" if len(head) > len(names) else ""
    return f"its keys are {', '.join(names)}{more}" if names else "it has no keys"
