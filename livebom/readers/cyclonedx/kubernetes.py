"""What k8s-aibom adds to CycloneDX: the workload it is about, hosted services it saw a key of, and how sure it is."""

from livebom.bom.parts import Confidence, EdgeKind, PartKind
from livebom.readers.cyclonedx.shape import Component

# Its properties as of version 0.1 (internal/bom/builder.go of GoogleCloudPlatform/k8s-aibom).

K = PartKind
E = EdgeKind

_CATEGORIES = {"inference": K.SERVER, "agent": K.AGENT}
_PROVIDERS = {
    "openai-api": "openai.com",
    "anthropic-api": "anthropic.com",
    "gemini-api": "googleapis.com",
    "cohere-api": "cohere.com",
    "azure-openai-api": "azure.com",
}
"""The names it gives hosted services whose key a container is handed."""

_GRADES = {str(grade): grade for grade in Confidence}

HOLDS: dict[tuple[PartKind, PartKind], EdgeKind] = {
    (K.SERVER, K.MODEL): E.SERVES,
    (K.SERVER, K.ADAPTER): E.SERVES,
    (K.AGENT, K.MODEL): E.USES_MODEL,
    (K.AGENT, K.API_PROVIDER): E.CALLS_PROVIDER,
    (K.SERVER, K.API_PROVIDER): E.CALLS_PROVIDER,
    (K.CONTAINER, K.API_PROVIDER): E.CALLS_PROVIDER,
}
"""What a workload has to do with what stands in its document, by both kinds; any other it contains."""


def workload(properties: dict[str, str]) -> tuple[PartKind, str] | None:
    """Kind and key of the workload that the document is about, None where it is about none."""
    name = properties.get("aibom.workload.name")
    if not name:
        return None
    kind = _CATEGORIES.get(properties.get("aibom.workload.category", ""), K.CONTAINER)
    place = (properties.get(f"aibom.workload.{word}", "") for word in ("namespace", "kind"))
    return kind, f"k8s:{'/'.join(place)}/{name}"


def provider(one: Component, properties: dict[str, str]) -> str | None:
    """The domain of the hosted service that it calls a model, because only the service's key was seen."""
    known = "aibom.confidence" in properties and one.type == "machine-learning-model"
    return _PROVIDERS.get(one.name) if known else None


def confidence(properties: dict[str, str]) -> Confidence | None:
    """How sure it is of one component; None in anybody else's document."""
    return _GRADES.get(properties.get("aibom.confidence", ""))
