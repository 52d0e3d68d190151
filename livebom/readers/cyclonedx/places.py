"""Addresses and names inside a document: URLs without secrets, hosts, registrable domains, Hugging Face ids."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_HUB = re.compile(r"/(?P<data>datasets/)?(?P<id>[\w.-]{1,96}(?:/[\w.-]{1,96})?)(?:/.*)?", re.ASCII)
_HUB_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_HUB_PAGES = frozenset(
    {
        "api",
        "blog",
        "chat",
        "collections",
        "datasets",
        "docs",
        "enterprise",
        "join",
        "learn",
        "login",
        "models",
        "organizations",
        "papers",
        "posts",
        "pricing",
        "settings",
        "spaces",
        "tasks",
    }
)
"""First steps of paths on Hugging Face that are pages of the site, and no namespace."""
_SECOND_LEVEL = frozenset(["ac", "co", "com", "edu", "gov", "mil", "ne", "net", "nom", "or", "org"])
"""Second labels under a country's two letters that are a registry's, such as `co.uk`."""
_INSIDE = (".local", ".localhost", ".internal", ".intranet", ".lan", ".corp", ".home", ".home.arpa", ".svc")
_HOSTED = (
    "openai.com",
    "openai.azure.com",
    "cognitiveservices.azure.com",
    "models.ai.azure.com",
    "anthropic.com",
    "generativelanguage.googleapis.com",
    "aiplatform.googleapis.com",
    "mistral.ai",
    "cohere.ai",
    "cohere.com",
    "groq.com",
    "together.ai",
    "together.xyz",
    "fireworks.ai",
    "replicate.com",
    "deepseek.com",
    "perplexity.ai",
    "openrouter.ai",
    "x.ai",
    "cerebras.ai",
    "voyageai.com",
    "stability.ai",
    "api-inference.huggingface.co",
    "router.huggingface.co",
    "integrate.api.nvidia.com",
)
"""Hosts, with all below them, that answer for nothing but a hosted AI service."""
_BEDROCK = re.compile(r"bedrock[a-z-]*(?:\.[a-z0-9-]+)+\.amazonaws\.com")


def split(url: str) -> SplitResult | None:
    """The URL taken apart, None where it names no host or is broken."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # a port that is no number shows only when it is asked for
    except ValueError:
        return None
    return parts if parts.hostname else None


def plain_url(url: str) -> str:
    """The URL without user, password, query and fragment, scheme and host lower-cased, no slash at its end.

    What is no URL with a host is given back without anything after `?` or `#`.
    """
    parts = split(url)
    if parts is None:
        return re.split(r"[?#]", url.strip(), maxsplit=1)[0]
    scheme = f"{parts.scheme.lower()}:" if parts.scheme else ""
    return f"{scheme}//{authority(parts)}{parts.path}".rstrip("/")


def authority(parts: SplitResult) -> str:
    """Host, in brackets where it is IPv6, and the port where one is told."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


def repository(url: str) -> str:
    """A source repository's key: its URL without scheme, credentials and `.git`."""
    parts = split(re.sub(r"^(?:git\+|scm:git:)", "", url.strip()))
    if parts is None:
        found = re.fullmatch(r"(?:[^@/\s]+@)?([\w.-]+):(?!//)([^?#]+)", url.strip())
        bare = f"{found[1].lower()}/{found[2]}" if found else plain_url(url)
    else:
        bare = f"{authority(parts)}{parts.path}"
    return bare.rstrip("/").removesuffix(".git")


def external(host: str) -> bool:
    """Whether the host can stand on the public internet, judged by its name or address alone."""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.rstrip(".").endswith(_INSIDE)


def hosted_ai(host: str) -> bool:
    """Whether the host answers for nothing but somebody's hosted AI service."""
    return any(host == one or host.endswith(f".{one}") for one in _HOSTED) or bool(_BEDROCK.fullmatch(host))


def registrable(host: str) -> str:
    """The domain that somebody registered: its last two labels, or three under a country's registry; an IP as it is."""
    labels = host.rstrip(".").lower().split(".")
    if ":" in host or labels[-1].isdigit():
        return host.lower()
    take = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-take:])


def hub_id(url: str) -> tuple[str, bool] | None:
    """The lower-cased Hugging Face id a URL names, and whether it is a data set's; None for any other URL."""
    if url.startswith("hf://"):
        url = "https://huggingface.co/" + url[5:].split("@")[0].split(":")[0]
    parts = split(url)
    if parts is None or parts.hostname not in _HUB_HOSTS:
        return None
    found = _HUB.fullmatch(parts.path.rstrip("/"))
    if found is None or (not found["data"] and found["id"].split("/")[0] in _HUB_PAGES):
        return None
    return found["id"].lower(), bool(found["data"])
