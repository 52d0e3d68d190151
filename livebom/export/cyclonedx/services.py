"""Whatever answers on a network, as CycloneDX services with their endpoints and data flows."""

import re
from typing import Any
from uuid import UUID

from livebom.bom.graph import value
from livebom.bom.parts import Edge, EdgeKind, Part, PartKind
from livebom.bom.text import safe_text
from livebom.export.cyclonedx.common import licenses, properties, references, supplier, taken_name
from livebom.export.cyclonedx.facts import Facts
from livebom.export.cyclonedx.fit import address, version_of
from livebom.export.cyclonedx.inventory import Flow, Service
from livebom.export.cyclonedx.nesting import Nesting
from livebom.export.cyclonedx.shape import Organization
from livebom.export.cyclonedx.view import View

E = EdgeKind
K = PartKind

_GIVES = (E.SENDS_DATA_TO, E.CALLS_PROVIDER, E.WRITES)
_TAKES = (E.READS, E.POPULATED_FROM)
_PLACE = re.compile(r"((?:\[[0-9A-Fa-f:.]+\]|[^/:\[\]]+):[0-9]{1,5})(?:/|\Z)")
_BOUNDARY = {"public": True, "private": False, "loopback": False}
_AUTHENTICATED = {"required": True, "none": False}


def service(view: View, nesting: Nesting, part: Part, placed: dict[UUID, dict[str, str]]) -> Service:
    """The part as a service with its children; `placed` is told where each attribute went."""
    facts = Facts(part)
    placed[part.id] = facts.placed
    made: dict[str, Any] = {
        "name": taken_name(part, facts),
        "version": facts.fitting("version", "/version", version_of),
        "description": facts.text("description", "/description"),
        "provider": _provider(part, facts),
        "endpoints": _endpoints(view, part, facts),
        "authenticated": _authenticated(facts),
        "x_trust_boundary": True if part.kind is K.API_PROVIDER else _BOUNDARY.get(facts.peek("exposure")),
        "trust_zone": facts.text("zone", "/trustZone"),
        "data": _flows(view, part),
        "licenses": licenses(facts),
        "external_references": references(view, part, facts),
        "tags": _tags(part, facts),
        "services": tuple(service(view, nesting, child, placed) for child in nesting.of(part)),
    }
    return Service(bom_ref=str(part.id), properties=properties(view, part, facts), **made)


def _tags(part: Part, facts: Facts) -> tuple[str, ...]:
    role = facts.peek("role") if part.kind is K.SERVER else ""
    return tuple(dict.fromkeys(word for word in (part.kind.replace("_", "-"), role) if word))


def _provider(part: Part, facts: Facts) -> Organization | None:
    told = supplier(facts, "/provider/name")
    return told or (Organization(name=safe_text(part.key)) if part.kind is K.API_PROVIDER and part.key else None)


def _authenticated(facts: Facts) -> bool | None:
    found = _AUTHENTICATED.get(facts.peek("auth"))
    if found is not None:
        del facts.left["auth"]
        facts.placed["auth"] = "/authenticated"
    return found


def _endpoints(view: View, part: Part, facts: Facts) -> tuple[str, ...]:
    """The addresses it is reached at: as told, by its listeners, and by its key where that holds one."""
    found = {facts.fitting(name, "/endpoints", address) for name in ("url", "base_url")}
    found |= {_listening(one) for one in view.to(part, E.LISTENS_ON) if one.kind is K.LISTENER}
    found.add(_listening(part) if part.kind is K.LISTENER else _by_key(part))
    return tuple(sorted(one for one in found if one))


def _listening(part: Part) -> str | None:
    scheme, host, port = (value(part, name) for name in ("scheme", "host", "port"))
    if not isinstance(host, str) or isinstance(port, bool) or not isinstance(port, int):
        return None
    place = f"[{host}]" if ":" in host else host
    return address(f"{scheme}://{place}:{port}" if scheme in {"http", "https"} else f"//{place}:{port}")


def _by_key(part: Part) -> str | None:
    """An endpoint's key is a method and an address, a server's may be one, a store's begins with one."""
    key = part.key.partition(" ")[2] if part.kind is K.ENDPOINT else part.key
    if "://" in key:
        return address(key)
    place = _PLACE.match(key) if part.kind is K.VECTOR_STORE else None
    return address(f"//{place[1]}") if place else None


def _flows(view: View, part: Part) -> tuple[Flow, ...]:
    """What flows into the service and out of it: the ends together by edge kind and classification."""
    groups: dict[tuple[str, str, str], set[str]] = {}
    for edge in view.out(part, *_GIVES, *_TAKES):
        flow = "outbound" if edge.kind in _GIVES else "inbound"
        groups.setdefault((flow, _classified(view, edge), edge.kind), set()).add(str(edge.destination))
    for edge in view.into(part, *_GIVES, *_TAKES):
        flow = "inbound" if edge.kind in _GIVES else "outbound"
        groups.setdefault((flow, _classified(view, edge), edge.kind), set()).add(str(edge.source))
    return tuple(_flow(*key, tuple(sorted(ends))) for key, ends in sorted(groups.items()))


def _flow(flow: str, classification: str, name: str, ends: tuple[str, ...]) -> Flow:
    side = {"source": ends} if flow == "inbound" else {"destination": ends}
    return Flow(flow=flow, classification=classification, name=name, **side)


def _classified(view: View, edge: Edge) -> str:
    """What the data is: as the edge says, else its store or dataset, else whoever sends it, else `unknown`."""
    source, destination = view.parts[edge.source], view.parts[edge.destination]
    for one in (edge, destination, source):
        for name in ("classification", "data_classification"):
            found = value(one, name)
            if isinstance(found, str) and found:
                return safe_text(found)
    return "unknown"
