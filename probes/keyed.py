"""The look with a key beside the look without: when it is worth having, and what of it is taken over."""

from msgspec.structs import replace

from livebom.bom.service import Auth, Layer, ServedModel, Service
from probes.inspect import Seen

_GUARDED = (401, 403)


def wants_key(seen: Seen) -> bool:
    """Whether a stranger was turned away: from a known product, or everywhere by something unknown."""
    service = seen.service
    return service.auth in (Auth.REQUIRED, Auth.PARTIAL) or (service.product is None and _turned_away(seen))


def _turned_away(seen: Seen) -> bool:
    answers = [exchange.reply.status for exchange in seen.said if exchange.reply.status is not None]
    return bool(answers) and all(status in _GUARDED for status in answers)


def joined(stranger: Seen, keyed: Seen) -> Seen:
    """What both looks came to: authentication and verdicts are the stranger's, the key adds only what was unknown.

    Both conversations stand in the evidence. A look with a key that finds another product adds nothing else.
    """
    service = replace(
        stranger.service,
        requests=stranger.service.requests + keyed.service.requests,
        proof=(*stranger.service.proof, *keyed.service.proof),
    )
    return replace(
        stranger,
        service=_filled(service, keyed.service),
        said=(*stranger.said, *keyed.said),
        content={**stranger.content, **keyed.content},
        standings=stranger.standings if stranger.service.product else keyed.standings,
    )


def _filled(service: Service, keyed: Service) -> Service:
    if keyed.product is None or (service.product or keyed.product) != keyed.product or service.conflict:
        return service
    if service.product is None:
        service = replace(
            service, product=keyed.product, score=keyed.score, stack=_marked(keyed.stack), auth=Auth.REQUIRED
        )
    models = _models(service.models, keyed.models)
    told = ["models"] if models != service.models else []
    version, source = service.version, service.version_source
    if version is None and keyed.version is not None:
        version, source = keyed.version, f"{keyed.version_source}, with key"
        told.append("version")
    stack = tuple(
        replace(layer, evidence=(*layer.evidence, f"with key: told the {' and the '.join(told)}"))
        if told and layer.product == service.product
        else layer
        for layer in service.stack
    )
    return replace(
        service,
        stack=stack,
        models=models,
        version=version,
        version_source=source,
        models_source=service.models_source or keyed.models_source,
    )


def _marked(stack: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(replace(layer, evidence=tuple(f"{one} (with key)" for one in layer.evidence)) for layer in stack)


def _models(
    known: tuple[ServedModel, ...] | None, told: tuple[ServedModel, ...] | None
) -> tuple[ServedModel, ...] | None:
    """The stranger's models with their gaps filled, then those that only the key shows."""
    if known is None or told is None:
        return told if known is None else known
    by_name = {model.name: model for model in told}
    filled = [_complete(model, by_name.pop(model.name, model)) for model in known]
    return (*filled, *by_name.values())


def _complete(model: ServedModel, other: ServedModel) -> ServedModel:
    gaps = {name: getattr(other, name) for name in model.__struct_fields__ if getattr(model, name) is None}
    return replace(model, **gaps)
