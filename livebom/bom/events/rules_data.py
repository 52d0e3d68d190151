"""Rules for data, providers, people and routes, and for what no other rule has a name for."""

from livebom.bom.events import allowed, gates, risks
from livebom.bom.events.case import On
from livebom.bom.events.rule import Rule, Shift
from livebom.bom.parts import EdgeKind, PartKind
from livebom.bom.service import Severity

K = PartKind
E = EdgeKind
_CRITICAL, _HIGH, _MEDIUM, _LOW, _INFO = Severity

_STORES = (K.VECTOR_STORE, K.DATASET)
_SENSITIVE = Shift(_HIGH, risks.sensitive_data)

OF_DATA: tuple[Rule, ...] = (
    Rule(
        event="rag.source_added",
        on=On.EDGE_NEW,
        edges=(E.POPULATED_FROM,),
        when=(gates.source_known,),
        shifts=(_SENSITIVE,),
    ),
    Rule(
        event="store.new_reader",
        on=On.EDGE_NEW,
        edges=(E.READS,),
        to=_STORES,
        when=(gates.target_known,),
        shifts=(_SENSITIVE,),
    ),
    Rule(
        event="provider.new",
        on=On.PART_NEW,
        kinds=(K.API_PROVIDER,),
        shifts=(Shift(_LOW, allowed.provider_allowed, lowers=True), Shift(_HIGH, allowed.provider_forbidden)),
    ),
    Rule(
        event="provider.new_caller",
        on=On.EDGE_NEW,
        edges=(E.SENDS_DATA_TO, E.CALLS_PROVIDER),
        to=(K.API_PROVIDER,),
        when=(gates.source_known, gates.target_known),
        shifts=(
            _SENSITIVE,
            Shift(_LOW, allowed.provider_allowed, lowers=True),
            Shift(_HIGH, allowed.provider_forbidden),
        ),
    ),
    Rule(
        event="provider.base_url_changed",
        on=On.PART_CHANGED,
        kinds=(K.API_PROVIDER,),
        attribute="base_url",
        when=(gates.known_both,),
    ),
    Rule(
        event="principal.may_change_added",
        on=On.EDGE_NEW,
        edges=(E.MAY_CHANGE,),
        when=(gates.target_known,),
    ),
    Rule(
        event="license.changed",
        on=On.PART_CHANGED,
        attribute="license",
        when=(gates.known_both,),
        shifts=(Shift(_HIGH, risks.license_now_limits), Shift(_LOW, risks.license_frees, lowers=True)),
    ),
)

OF_ROUTES: tuple[Rule, ...] = (
    Rule(
        event="endpoint.new",
        on=On.PART_NEW,
        kinds=(K.ENDPOINT,),
        attribute="reaches",
        shifts=(Shift(_HIGH, risks.dangerous_reach), Shift(_HIGH, risks.stranger_from_afar)),
    ),
    Rule(event="endpoint.gone", on=On.PART_GONE, kinds=(K.ENDPOINT,)),
    Rule(
        event="endpoint.now_reaches",
        on=On.REACHES,
        kinds=(K.ENDPOINT,),
        attribute="reaches",
        shifts=(Shift(_CRITICAL, risks.dangerous_reach_of_strangers),),
    ),
)

_QUIET = (K.FINDING, K.PROCESS)
"""Parts that no catch-all tells: a finding that does not fail, and a process, whose key is another at each start."""

_NAMELESS = tuple(kind for kind in K if kind not in _QUIET)

_ENDS_KNOWN = (gates.source_known, gates.target_known)
_TELLING = (
    E.FRONTS, E.USES_MODEL, E.USES_PROMPT, E.CAN_CALL, E.EXPOSES, E.USES_MCP, E.HANDS_OFF_TO, E.GUARDED_BY, E.READS,
    E.WRITES, E.POPULATED_FROM, E.EMBEDDED_BY, E.ROUTES_TO, E.CALLS_PROVIDER, E.SENDS_DATA_TO, E.DEPLOYED_AS,
    E.MAY_CHANGE, E.AUTHENTICATES_WITH, E.ALLOWED, E.SERVES, E.HAS_VERSION, E.HAS_WEIGHTS, E.DERIVED_FROM,
    E.FINE_TUNED_ON, E.ADAPTER_OF, E.QUANTIZED_FROM, E.LISTENS_ON,
)  # fmt: skip
"""Edges whose coming or going is told where no rule has a name for it; the others say where a thing stands or comes
from (`runs_on`, `declared_in`, `built_from`, `contains`, `depends_on`), or are told as findings and joins."""

OTHERS: tuple[Rule, ...] = (
    Rule(event="part.not_seen", on=On.NOT_SEEN),
    Rule(event="part.new", on=On.PART_NEW, kinds=_NAMELESS, shifts=(_SENSITIVE,)),
    Rule(event="part.gone", on=On.PART_GONE, kinds=_NAMELESS),
    Rule(event="part.changed", on=On.PART_CHANGED, kinds=_NAMELESS, when=(gates.known_both, gates.loud)),
    Rule(event="edge.new", on=On.EDGE_NEW, edges=_TELLING, when=_ENDS_KNOWN, shifts=(Shift(_LOW, risks.lets_act),)),
    Rule(event="edge.gone", on=On.EDGE_GONE, edges=_TELLING),
    Rule(event="edge.changed", on=On.EDGE_CHANGED, when=(gates.known_both, gates.loud)),
)
