"""What CycloneDX calls data: datasets, prompts, repositories, and the places of secrets."""

from typing import Any

from livebom.bom.parts import Part, Value
from livebom.bom.text import safe_text
from livebom.export.cyclonedx.common import shown_name
from livebom.export.cyclonedx.facts import Facts
from livebom.export.cyclonedx.fit import address, email, version_of
from livebom.export.cyclonedx.inventory import Crypto, Data, Secret
from livebom.export.cyclonedx.models import pedigree
from livebom.export.cyclonedx.shape import Contact, Contents, Governance, Organization, Party
from livebom.export.cyclonedx.view import View

_PARTIES = {"custodian": "custodians", "steward": "stewards", "owner": "owners"}
_SECRETS = (
    ("private-key", "private-key"),
    ("password", "password"),
    ("token", "token"),
    ("jwt", "token"),
    ("key", "credential"),
)
"""Words in a secret's type, and what CycloneDX calls it; an API key is a credential, no cryptographic key."""


def dataset(view: View, part: Part, facts: Facts) -> dict[str, Any]:
    """A dataset, or a store that lies on a disk."""
    url = facts.fitting("url", "/data/0/contents/url", address)
    data = Data(
        type="dataset",
        name=shown_name(part),
        contents=Contents(url=url or address(part.key)) if url or address(part.key) else None,
        classification=facts.text("classification", "/data/0/classification"),
        sensitive_data=facts.texts("sensitive", "/data/0/sensitiveData"),
        governance=_governance(facts),
    )
    return {"type": "data", "data": (data,), "pedigree": pedigree(view, part, facts)}


def _governance(facts: Facts) -> Governance | None:
    """The parties that are written as `custodian=…`, `steward=…` or `owner=…`; the rest stays for the properties."""
    told = facts.left.pop("governance", None)
    items: list[Value] = list(told) if isinstance(told, list) else [told]
    parties: dict[str, list[Party]] = {}
    left: list[str] = []
    for item in items:
        role, _, who = str(item).partition("=")
        if role in _PARTIES and who:
            parties.setdefault(_PARTIES[role], []).append(_party(who))
        elif item is not None:
            left.append(str(item))
    if left:
        facts.left["governance"] = left
    if not parties:
        return None
    facts.placed["governance"] = "/data/0/governance"
    return Governance(**{name: tuple(its) for name, its in parties.items()})


def _party(who: str) -> Party:
    mail = email(who)
    return Party(contact=Contact(email=mail)) if mail else Party(organization=Organization(name=safe_text(who)))


def prompt(_view: View, part: Part, _facts: Facts) -> dict[str, Any]:
    """A prompt; its text is never written, only its hash."""
    return {"type": "data", "data": (Data(type="configuration", name=shown_name(part)),)}


def repository(_view: View, part: Part, facts: Facts) -> dict[str, Any]:
    """A source repository, at its revision."""
    made: dict[str, Any] = {"type": "data", "data": (Data(type="source-code", name=shown_name(part)),)}
    if "version" not in facts.placed:
        made["version"] = facts.fitting("revision", "/version", version_of)
    return made


def secret(_view: View, _part: Part, facts: Facts) -> dict[str, Any]:
    """The place of a secret."""
    said = facts.peek("type").lower()
    kind = next((word for part, word in _SECRETS if part in said), "credential")
    length = facts.left.get("length")
    bits = length * 8 if isinstance(length, int) and not isinstance(length, bool) and 0 < length < 2**20 else None
    material = Secret(type=kind, size=bits)
    return {
        "type": "cryptographic-asset",
        "crypto_properties": Crypto(asset_type="related-crypto-material", related_crypto_material_properties=material),
    }
