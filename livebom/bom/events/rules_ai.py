"""Rules for models and their weights, agents, MCP servers and tools."""

from livebom.bom.events import allowed, gates, risks
from livebom.bom.events.case import On
from livebom.bom.events.rule import Rule, Shift
from livebom.bom.parts import EdgeKind, PartKind
from livebom.bom.service import Severity

K = PartKind
E = EdgeKind
_CRITICAL, _HIGH, _MEDIUM, _LOW, _INFO = Severity

_MODELS = (K.MODEL, K.ADAPTER)
_ANY_MODEL = (*_MODELS, K.MODEL_VERSION)
_MODEL_RISKS = (
    Shift(_HIGH, allowed.model_forbidden),
    Shift(_HIGH, allowed.model_misplaced),
    Shift(_HIGH, risks.license_limits),
)
_SENSITIVE = Shift(_HIGH, risks.sensitive_data)
_UNGRANTED = Shift(_HIGH, allowed.not_granted)
_EXPOSED = Shift(_CRITICAL, risks.stranger_from_afar)

OF_MODELS: tuple[Rule, ...] = (
    Rule(
        event="model.new",
        on=On.EDGE_NEW,
        kinds=(K.SERVER,),
        edges=(E.SERVES,),
        to=_ANY_MODEL,
        shifts=_MODEL_RISKS,
    ),
    Rule(event="model.new", on=On.PART_NEW, kinds=_MODELS, shifts=_MODEL_RISKS),
    Rule(event="model.removed", on=On.EDGE_GONE, kinds=(K.SERVER,), edges=(E.SERVES,), to=_ANY_MODEL),
    Rule(event="model.removed", on=On.PART_GONE, kinds=_MODELS),
    Rule(
        event="model.version_changed",
        on=On.EDGE_CHANGED,
        edges=(E.SERVES,),
        attribute="digest",
        when=(gates.known_both,),
    ),
    Rule(
        event="model.version_changed",
        on=On.PART_CHANGED,
        kinds=_MODELS,
        attribute="revision",
        when=(gates.known_both,),
    ),
    Rule(
        event="model.version_changed",
        on=On.EDGE_NEW,
        edges=(E.HAS_VERSION,),
        attribute="revision",
        instead=gates.older_versions,
        when=(gates.source_known,),
    ),
    Rule(
        event="dataset.added",
        on=On.EDGE_NEW,
        edges=(E.FINE_TUNED_ON,),
        when=(gates.source_known,),
        shifts=(_SENSITIVE,),
    ),
    Rule(
        event="weights.known_bad_match",
        on=On.PART_NEW,
        kinds=(K.WEIGHTS,),
        attribute="known_bad",
        when=(gates.grew,),
        besides=True,
    ),
    Rule(
        event="weights.unsafe_pickle",
        on=On.PART_NEW,
        kinds=(K.WEIGHTS,),
        attribute="unsafe",
        when=(gates.true_now,),
        besides=True,
    ),
    Rule(
        event="weights.hash_changed",
        on=On.EDGE_NEW,
        edges=(E.HAS_WEIGHTS,),
        attribute="sha256",
        instead=gates.older_weights,
        when=(gates.source_known,),
        shifts=(Shift(_CRITICAL, risks.same_revision), Shift(_MEDIUM, risks.new_revision, lowers=True)),
    ),
    *(
        Rule(
            event="weights.hash_changed",
            on=On.PART_CHANGED,
            kinds=(K.WEIGHTS,),
            attribute=name,
            when=(gates.known_both,),
            shifts=(Shift(_CRITICAL, risks.same_revision), Shift(_MEDIUM, risks.new_revision, lowers=True)),
        )
        for name in ("sha256", "blake3")
    ),
    Rule(
        event="weights.signature_lost",
        on=On.PART_CHANGED,
        kinds=(K.WEIGHTS,),
        attribute="signature",
        when=(gates.signature_lost,),
    ),
    Rule(
        event="weights.known_bad_match",
        on=On.PART_CHANGED,
        kinds=(K.WEIGHTS,),
        attribute="known_bad",
        when=(gates.grew,),
    ),
    Rule(
        event="weights.unsafe_pickle",
        on=On.PART_CHANGED,
        kinds=(K.WEIGHTS,),
        attribute="unsafe",
        when=(gates.true_now,),
    ),
)

OF_AGENTS: tuple[Rule, ...] = (
    Rule(event="agent.new", on=On.PART_NEW, kinds=(K.AGENT,), shifts=(Shift(_HIGH, risks.dangerous_caller),)),
    Rule(event="agent.gone", on=On.PART_GONE, kinds=(K.AGENT,)),
    Rule(
        event="agent.tool_added",
        on=On.EDGE_NEW,
        kinds=(K.AGENT, K.MODEL, K.SERVER),
        edges=(E.CAN_CALL,),
        when=(gates.source_known,),
        shifts=(Shift(_HIGH, risks.dangerous_tool), _UNGRANTED),
    ),
    Rule(
        event="agent.mcp_added",
        on=On.EDGE_NEW,
        kinds=(K.AGENT, K.MODEL, K.SERVER),
        edges=(E.USES_MCP,),
        when=(gates.source_known,),
        shifts=(Shift(_HIGH, risks.dangerous_callee), Shift(_HIGH, risks.unpinned), _UNGRANTED),
    ),
    Rule(
        event="agent.handoff_added",
        on=On.EDGE_NEW,
        edges=(E.HANDS_OFF_TO,),
        when=(gates.source_known,),
        shifts=(Shift(_HIGH, risks.dangerous_callee),),
    ),
    Rule(
        event="guardrail.removed",
        on=On.EDGE_GONE,
        edges=(E.GUARDED_BY,),
        shifts=(Shift(_CRITICAL, risks.dangerous_caller),),
    ),
    Rule(
        event="prompt.changed",
        on=On.PART_CHANGED,
        kinds=(K.PROMPT, K.GUARDRAIL),
        attribute="text_sha256",
        when=(gates.known_both,),
        shifts=(Shift(_HIGH, risks.guards), Shift(_HIGH, risks.dangerous_user)),
    ),
)

OF_TOOLS: tuple[Rule, ...] = (
    Rule(
        event="mcp.new",
        on=On.PART_NEW,
        kinds=(K.MCP_SERVER,),
        shifts=(Shift(_HIGH, risks.dangerous_caller), Shift(_HIGH, risks.unpinned), _EXPOSED),
    ),
    Rule(event="mcp.gone", on=On.PART_GONE, kinds=(K.MCP_SERVER,)),
    Rule(
        event="mcp.tool_added",
        on=On.EDGE_NEW,
        kinds=(K.MCP_SERVER,),
        edges=(E.EXPOSES,),
        to=(K.TOOL,),
        when=(gates.source_known,),
        shifts=(Shift(_HIGH, risks.dangerous_tool),),
    ),
    Rule(
        event="mcp.tool_description_changed",
        on=On.PART_CHANGED,
        kinds=(K.TOOL,),
        attribute="description_sha256",
        when=(gates.known_both, gates.of_mcp),
    ),
    Rule(
        event="tool.schema_changed",
        on=On.PART_CHANGED,
        kinds=(K.TOOL,),
        attribute="schema_sha256",
        when=(gates.known_both,),
    ),
    Rule(
        event="tool.capability_added",
        on=On.PART_CHANGED,
        kinds=(K.TOOL,),
        attribute="capabilities",
        when=(gates.grew,),
        shifts=(Shift(_HIGH, risks.dangerous_gain), Shift(_MEDIUM, risks.harmless_gain, lowers=True)),
    ),
    Rule(
        event="mcp.unpinned", on=On.PART_CHANGED, kinds=(K.MCP_SERVER,), attribute="pinned", when=(gates.true_no_more,)
    ),
)
