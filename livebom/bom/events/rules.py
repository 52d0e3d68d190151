"""The table of rules: of those that fit a step, the first tells it."""

from functools import cache
from typing import Final

from livebom.bom.events.case import Case, On
from livebom.bom.events.rule import Rule
from livebom.bom.events.rules_ai import OF_AGENTS, OF_MODELS, OF_TOOLS
from livebom.bom.events.rules_data import OF_DATA, OF_ROUTES, OTHERS
from livebom.bom.events.rules_runtime import FINDINGS, OF_SOFTWARE, SERVERS
from livebom.bom.parts import EdgeKind, PartKind

RULES: Final = (*SERVERS, *FINDINGS, *OF_MODELS, *OF_AGENTS, *OF_TOOLS, *OF_DATA, *OF_ROUTES, *OF_SOFTWARE, *OTHERS)
"""In the order in which they are tried."""

_SHOWN = (On.PART_CHANGED, On.EDGE_CHANGED)
"""Steps whose attribute decides; of the others a rule's attribute only says what is shown."""


@cache
def fitting(on: On, kind: PartKind, edge: EdgeKind | None, to: PartKind | None, attribute: str) -> tuple[Rule, ...]:
    """The rules for steps of that form, in order; their gates are still to be asked."""
    return tuple(
        rule
        for rule in RULES
        if rule.on is on
        and kind in (rule.kinds or (kind,))
        and edge in (rule.edges or (edge,))
        and to in (rule.to or (to,))
        and (on not in _SHOWN or rule.attribute in ("", attribute))
    )


def rules_of(case: Case) -> tuple[Rule, ...]:
    """The rules for steps like this one."""
    edge = case.edge.kind if case.edge else None
    return fitting(case.on, case.part.kind, edge, case.other.kind if case.other else None, case.attribute)
