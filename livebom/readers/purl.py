"""Package URLs: taken apart, brought into their canonical form, and told without what is not identity."""

from urllib.parse import quote, unquote

from msgspec import Struct

# The grammar and the rules per type are those of the purl specification (ECMA-427 and its list of types).

LONGEST = 4096
"""Longest package URL that is taken apart, in characters."""

_LOWER_NAMESPACE = frozenset(
    {"alpm", "apk", "bitbucket", "composer", "deb", "github", "gitlab", "golang", "hex", "luarocks", "qpkg", "rpm"}
)
"""Types whose namespace does not tell capitals from small letters."""
_LOWER_NAME = (_LOWER_NAMESPACE - {"qpkg", "rpm"}) | {"bitnami", "npm", "oci", "pub", "pypi"}
_LOWER_VERSION = frozenset({"huggingface", "oci"})
_TYPE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")


class Purl(Struct, frozen=True, kw_only=True):
    """One package URL with its percent-encoding undone and its type's rules applied."""

    type: str
    namespace: str = ""
    """Its segments, joined by `/`."""
    name: str
    version: str = ""
    qualifiers: dict[str, str] = {}
    subpath: str = ""

    @property
    def path(self) -> str:
        """Namespace and name, joined by `/`."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def key(self) -> str:
        """The canonical text without qualifiers and subpath: what names the package and its version."""
        path = "/".join(quote(segment, safe=":") for segment in (*self.namespace.split("/"), self.name) if segment)
        version = f"@{quote(self.version, safe=':')}" if self.version else ""
        return f"pkg:{self.type}/{path}{version}"


def parse(text: str) -> Purl | None:
    """The package URL that the text is, None where it is none."""
    rest, _, subpath = text.strip().partition("#")
    rest, _, query = rest.partition("?")
    scheme, _, rest = rest.partition(":")
    kind, _, rest = rest.lstrip("/").partition("/")
    kind = kind.lower()
    if len(text) > LONGEST or scheme.lower() != "pkg" or not kind or not set(kind) <= _TYPE:
        return None
    path, version = _versioned(rest.strip("/"))
    segments = [unquote(segment).strip("/") for segment in path.split("/") if segment]
    if not segments or not segments[-1]:
        return None
    return _normal(
        Purl(
            type=kind,
            namespace="/".join(segment for segment in segments[:-1] if segment),
            name=segments[-1],
            version=unquote(version),
            qualifiers=_qualifiers(query),
            subpath="/".join(unquote(step) for step in subpath.split("/") if step not in {"", ".", ".."}),
        )
    )


def _versioned(path: str) -> tuple[str, str]:
    """Path and version; an `@` that begins a segment is the mark of an npm scope."""
    before, mark, version = path.rpartition("@")
    return (before, version) if mark and before and not before.endswith("/") else (path, "")


def _qualifiers(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&"))
    return {key.lower(): unquote(value) for key, _, value in sorted(pairs) if key and value}


def _normal(one: Purl) -> Purl:
    """The same under the rules of its type."""
    namespace = one.namespace.lower() if one.type in _LOWER_NAMESPACE else one.namespace
    name = one.name.lower() if one.type in _LOWER_NAME else one.name
    if one.type == "pypi":
        name = name.replace("_", "-")
    version = one.version.lower() if one.type in _LOWER_VERSION else one.version
    return Purl(
        type=one.type, namespace=namespace, name=name, version=version, qualifiers=one.qualifiers, subpath=one.subpath
    )
