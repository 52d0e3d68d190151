"""What every CycloneDX object is: a frozen record with JSON's camelCase names that leaves out what it does not have."""

from msgspec import Struct

_DASHED = {
    "bom_ref": "bom-ref",
    "mime_type": "mime-type",
    "x_trust_boundary": "x-trust-boundary",
    "schema": "$schema",
}


def named(field: str) -> str:
    """The field's name in CycloneDX's JSON."""
    first, *rest = field.split("_")
    return _DASHED.get(field) or first + "".join(word.capitalize() for word in rest)


class Shape(Struct, frozen=True, kw_only=True, omit_defaults=True, rename=named):
    """A CycloneDX object; empty and absent mean the same and are not written."""


class Property(Shape, frozen=True, kw_only=True):
    """A name and a value of our own; names begin with `livebom:`."""

    name: str
    value: str


class Contact(Shape, frozen=True, kw_only=True):
    """A person."""

    name: str | None = None
    email: str | None = None


class Organization(Shape, frozen=True, kw_only=True):
    """An organisation, a team, or whoever is known by one name."""

    bom_ref: str | None = None
    name: str | None = None
    contact: tuple[Contact, ...] = ()


class Hash(Shape, frozen=True, kw_only=True):
    """A digest in hex."""

    alg: str
    content: str


class Reference(Shape, frozen=True, kw_only=True):
    """An `externalReference`."""

    url: str
    type: str
    comment: str | None = None


class Ref(Shape, frozen=True, kw_only=True):
    """A pointer to a `bom-ref`."""

    ref: str


class Named(Shape, frozen=True, kw_only=True):
    """A licence by SPDX id or by name; one of the two."""

    id: str | None = None
    name: str | None = None
    acknowledgement: str


class LicenseChoice(Shape, frozen=True, kw_only=True):
    """A licence, or an SPDX expression with its acknowledgement."""

    license: Named | None = None
    expression: str | None = None
    acknowledgement: str | None = None


class Attachment(Shape, frozen=True, kw_only=True):
    """Text inside the document."""

    content: str


class Contents(Shape, frozen=True, kw_only=True):
    """Where data lies, or the data itself."""

    attachment: Attachment | None = None
    url: str | None = None


class Party(Shape, frozen=True, kw_only=True):
    """Somebody responsible for data; one of the two."""

    organization: Organization | None = None
    contact: Contact | None = None


class Governance(Shape, frozen=True, kw_only=True):
    """Who answers for data."""

    custodians: tuple[Party, ...] = ()
    stewards: tuple[Party, ...] = ()
    owners: tuple[Party, ...] = ()


class Dependency(Shape, frozen=True, kw_only=True):
    """What a part needs, without saying how."""

    ref: str
    depends_on: tuple[str, ...] = ()
