"""What agents work with and can do, as one workflow each."""

from livebom.bom.parts import Edge, EdgeKind, Part, PartKind
from livebom.bom.vocabulary import EDGES
from livebom.export.cyclonedx.common import shown_name
from livebom.export.cyclonedx.shape import Dependency, Ref
from livebom.export.cyclonedx.statements import Formula, Task, Workflow
from livebom.export.cyclonedx.view import UNREFERENCED, View, ref_of, refs

E = EdgeKind

_STEPS = (E.CAN_CALL, E.HANDS_OFF_TO)
_USES = (
    *_STEPS,
    E.USES_MODEL,
    E.USES_PROMPT,
    E.USES_MCP,
    E.GUARDED_BY,
    E.READS,
    E.WRITES,
    E.CALLS_PROVIDER,
    E.SENDS_DATA_TO,
)


def formulation(view: View) -> tuple[Formula, ...]:
    """One formula with a workflow for each agent that uses anything."""
    flows = tuple(_workflow(view, agent) for agent in view.of(PartKind.AGENT) if view.out(agent, *_USES))
    return (Formula(bom_ref=ref_of("formula"), workflows=flows),) if flows else ()


def _workflow(view: View, agent: Part) -> Workflow:
    used = refs(one for one in view.to(agent, *_USES) if one.kind not in UNREFERENCED)
    uid = ref_of("workflow", str(agent.id))
    return Workflow(
        bom_ref=uid,
        uid=uid,
        name=shown_name(agent),
        resource_references=tuple(Ref(ref=one) for one in sorted({str(agent.id), *used})),
        tasks=tuple(_task(view, edge) for edge in view.out(agent, *_STEPS)),
        task_types=("other",),
        runtime_topology=(Dependency(ref=str(agent.id), depends_on=used),),
    )


def _task(view: View, edge: Edge) -> Task:
    uid = ref_of("task", str(edge.id))
    return Task(
        bom_ref=uid,
        uid=uid,
        name=f"{EDGES[edge.kind].means} {shown_name(view.parts[edge.destination])}",
        resource_references=(Ref(ref=str(edge.destination)),),
        task_types=("other",),
    )
