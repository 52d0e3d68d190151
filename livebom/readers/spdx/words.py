"""What SPDX's relationships mean as edges, and which of its types are no parts by themselves."""

from livebom.bom.parts import EdgeKind

E = EdgeKind

EDGES: dict[str, tuple[tuple[EdgeKind, bool], ...]] = {
    "ancestorOf": ((E.DERIVED_FROM, True),),
    "configures": ((E.USES_PROMPT, True),),
    "contains": ((E.HAS_WEIGHTS, False), (E.CONTAINS, False)),
    "delegatedTo": ((E.HANDS_OFF_TO, False),),
    "dependsOn": ((E.USES_MODEL, False), (E.DEPENDS_ON, False)),
    "descendantOf": ((E.DERIVED_FROM, False),),
    "generates": ((E.BUILT_FROM, True), (E.DEPLOYED_AS, False)),
    "hasAddedFile": ((E.CONTAINS, False),),
    "hasDataFile": ((E.HAS_WEIGHTS, False), (E.READS, False), (E.DEPENDS_ON, False)),
    "hasDynamicLink": ((E.DEPENDS_ON, False),),
    "hasEvidence": ((E.DECLARED_IN, False),),
    "hasHost": ((E.RUNS_ON, False),),
    "hasInput": ((E.READS, False), (E.POPULATED_FROM, False)),
    "hasOptionalComponent": ((E.CONTAINS, False),),
    "hasOptionalDependency": ((E.USES_MODEL, False), (E.DEPENDS_ON, False)),
    "hasOutput": ((E.WRITES, False),),
    "hasPrerequisite": ((E.DEPENDS_ON, False),),
    "hasProvidedDependency": ((E.CALLS_PROVIDER, False), (E.DEPENDS_ON, False)),
    "hasRequirement": ((E.DEPENDS_ON, False),),
    "hasStaticLink": ((E.DEPENDS_ON, False),),
    "hasVariant": ((E.HAS_VERSION, False), (E.DERIVED_FROM, True)),
    "modifiedBy": ((E.MAY_CHANGE, True),),
    "testedOn": ((E.DEPENDS_ON, False),),
    "trainedOn": ((E.FINE_TUNED_ON, False), (E.DEPENDS_ON, False)),
    "usesTool": ((E.CAN_CALL, False), (E.USES_MCP, False), (E.DEPENDS_ON, False)),
}
"""Relationship type to the edges it may be, the first that may join these parts; True: SPDX's `to` is the source."""

LOOSE = frozenset({E.CONTAINS, E.DEPENDS_ON, E.MAY_CHANGE, E.READS, E.WRITES})
"""Edges that say less than most types that become them: the type is told as their description."""
EXACT = frozenset({"contains", "dependsOn"})
"""Types that say no more than such an edge."""

STATES = {"affects": "fail", "fixedIn": "pass", "doesNotAffect": "not_applicable", "underInvestigationFor": "unknown"}
"""What a VEX statement says of a vulnerability, as a finding's state."""
FOUND = "hasAssociatedVulnerability"
ASSESSED = "hasAssessmentFor"

LICENSES = {"hasDeclaredLicense", "hasConcludedLicense"}

NOTHING = frozenset({"NoneElement", "NoAssertionElement", "NoneLicense", "NoAssertionLicense", "None", "NoAssertion"})
"""Last words of the ids that stand for nothing, or for no statement."""

QUIET = frozenset(
    {
        "Agent",
        "Annotation",
        "Bom",
        "Bundle",
        "CreationInfo",
        "Organization",
        "Person",
        "SoftwareAgent",
        "SpdxDocument",
        "Tool",
        "software_File",
        "software_Sbom",
        "security_Vulnerability",
    }
)
"""Types that are read or told of elsewhere; any other that becomes no part is counted."""
