"""All events a comparison can tell, as a table: name, title, severity before policy and circumstances, meaning."""

from msgspec import Struct

from livebom.bom.service import Severity

_CRITICAL, _HIGH, _MEDIUM, _LOW, _INFO = Severity


class Event(Struct, frozen=True):
    """One kind of change."""

    name: str
    title: str
    severity: Severity
    """Where no rule, policy or doubt says otherwise."""
    meaning: str


EVENTS: tuple[Event, ...] = (
    Event(
        "admin_api.enabled", "Administration opened", _CRITICAL, "a known server began to let strangers administer it"
    ),
    Event("agent.gone", "Agent gone", _LOW, "an agent is no longer there"),
    Event(
        "agent.handoff_added", "Agent hands off to another", _MEDIUM, "a known agent may now pass its work to another"
    ),
    Event("agent.mcp_added", "Agent uses an MCP server", _MEDIUM, "a known agent was connected to an MCP server"),
    Event("agent.new", "New agent", _MEDIUM, "an agent that was not there before, with all it may do"),
    Event("agent.tool_added", "Caller got a tool", _MEDIUM, "a known agent, model or server may now call a tool"),
    Event("auth.added", "Authentication added", _INFO, "strangers are now kept out, or from more than before"),
    Event(
        "auth.removed",
        "Authentication removed",
        _CRITICAL,
        "what asked for credentials no longer does, or not everywhere",
    ),
    Event("container.gone", "Container gone", _INFO, "a container is no longer there"),
    Event("container.new", "New container", _INFO, "a container that was not there before"),
    Event("cors.widened", "Foreign web pages let in", _HIGH, "a known server began to answer any page a user has open"),
    Event("dataset.added", "Model learned from other data", _MEDIUM, "a known model names a further dataset"),
    Event(
        "edge.changed", "Relation changed", _INFO, "an attribute of a relation differs, and no rule has a name for it"
    ),
    Event("edge.gone", "Relation gone", _INFO, "two things that are both still there are no longer related"),
    Event("edge.new", "New relation", _INFO, "two things that were both there before are now related"),
    Event("endpoint.gone", "Endpoint gone", _LOW, "an HTTP route is no longer there"),
    Event("endpoint.new", "New endpoint", _MEDIUM, "an HTTP route that was not there before"),
    Event(
        "endpoint.now_reaches",
        "Endpoint reaches more",
        _HIGH,
        "behind a known route stand models, tools, data or providers that did not",
    ),
    Event(
        "finding.closed", "Finding closed", _INFO, "a finding was mended, or its cause was looked for and is not there"
    ),
    Event(
        "finding.opened",
        "Finding opened",
        _MEDIUM,
        "a check or rule fails that did not; told with the finding's own severity",
    ),
    Event("guardrail.removed", "Guardrail removed", _HIGH, "what checked a model's input or output no longer does"),
    Event("image.digest_changed", "Image changed", _INFO, "other bytes run under the same name"),
    Event("license.changed", "License changed", _MEDIUM, "a thing now says other terms than it did"),
    Event("mcp.gone", "MCP server gone", _LOW, "an MCP server is no longer there"),
    Event("mcp.new", "New MCP server", _MEDIUM, "an MCP server that was not there before"),
    Event("mcp.tool_added", "MCP server offers a tool", _MEDIUM, "a known MCP server offers a further tool"),
    Event(
        "mcp.tool_description_changed",
        "MCP tool described otherwise",
        _HIGH,
        "the words that steer a model to the tool differ: a rug pull starts so",
    ),
    Event("mcp.unpinned", "MCP server unpinned", _HIGH, "what was started in a fixed version is now started in any"),
    Event(
        "model.new", "New model", _MEDIUM, "a server serves a model that it did not, or a model is known that was not"
    ),
    Event("model.removed", "Model removed", _LOW, "a server no longer serves a model, or a model is no longer there"),
    Event("model.version_changed", "Model version changed", _MEDIUM, "another revision or digest under the same name"),
    Event("package.new", "New package", _INFO, "a software package that was not there before"),
    Event("package.removed", "Package removed", _INFO, "a software package is no longer there"),
    Event("package.version_changed", "Package version changed", _INFO, "another version stands where one did"),
    Event("part.changed", "Attribute changed", _INFO, "an attribute differs, and no rule has a name for it"),
    Event("part.gone", "Gone", _LOW, "a thing is no longer there, and no rule has a name for it"),
    Event("part.new", "New", _INFO, "a thing was not there before, and no rule has a name for it"),
    Event("part.not_seen", "Not seen", _LOW, "complete looks did not see it; not yet often enough to call it gone"),
    Event(
        "principal.may_change_added", "Somebody may change it", _MEDIUM, "a person or account may now change a thing"
    ),
    Event("prompt.changed", "Prompt changed", _MEDIUM, "the text of a prompt or guardrail differs"),
    Event(
        "provider.base_url_changed",
        "Provider's address changed",
        _HIGH,
        "data for the provider goes to another address",
    ),
    Event("provider.new", "New provider", _HIGH, "data leaves for a hosted service that it did not go to"),
    Event(
        "provider.new_caller",
        "Provider gets more data",
        _MEDIUM,
        "a known part begins to call a provider that was known",
    ),
    Event("rag.source_added", "Retrieval source added", _MEDIUM, "a collection is filled from a further source"),
    Event(
        "server.bind_widened",
        "Server reachable from further away",
        _HIGH,
        "from loopback to the private network, or to the public one",
    ),
    Event("server.exposed_port", "Server on a new port", _HIGH, "a known server answers at a further place"),
    Event("server.gone", "Server gone", _LOW, "a server, with all it served, is no longer there"),
    Event("server.new", "New server", _HIGH, "an AI server that was not there before"),
    Event("server.version_changed", "Server version changed", _INFO, "a server says another version of itself"),
    Event("store.new_reader", "Store has a new reader", _MEDIUM, "a known part may now read a collection or dataset"),
    Event("tls.added", "TLS added", _INFO, "a place that spoke http now speaks https"),
    Event("tls.removed", "TLS removed", _HIGH, "a place that spoke https now speaks http"),
    Event("tool.capability_added", "Tool can do more", _HIGH, "a tool got a further capability"),
    Event("tool.schema_changed", "Tool's input changed", _HIGH, "the schema of what a tool takes differs"),
    Event("weights.hash_changed", "Weights changed", _CRITICAL, "other bytes under the same name and revision"),
    Event("weights.known_bad_match", "Weights known to be bad", _CRITICAL, "a list of bad files names these weights"),
    Event("weights.signature_lost", "Signature lost", _CRITICAL, "a signature that was valid is missing or wrong"),
    Event("weights.unsafe_pickle", "Weights may run code", _CRITICAL, "loading these weights may run code"),
)
"""By name. Severities are those of `Severity`; rules raise and lower them, a policy has the last word."""

SEVERITIES: dict[str, Severity] = {event.name: event.severity for event in EVENTS}
