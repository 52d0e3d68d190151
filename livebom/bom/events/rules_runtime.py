"""Rules for what runs: servers, findings, containers, images and packages."""

from livebom.bom.events import allowed, gates, risks
from livebom.bom.events.case import On
from livebom.bom.events.rule import Rule, Shift
from livebom.bom.parts import EdgeKind, PartKind
from livebom.bom.service import Severity

K = PartKind
E = EdgeKind
_CRITICAL, _HIGH, _MEDIUM, _LOW, _INFO = Severity

_OPEN_PLACES = (K.SERVER, K.LISTENER, K.ENDPOINT, K.MCP_SERVER, K.VECTOR_STORE)
_SENSITIVE = Shift(_HIGH, risks.sensitive_data)
_UNALLOWED_IMAGE = Shift(_HIGH, allowed.image_forbidden)
_EXPOSED = Shift(_CRITICAL, risks.stranger_from_afar)

SERVERS: tuple[Rule, ...] = (
    Rule(
        event="server.new",
        on=On.PART_NEW,
        kinds=(K.SERVER,),
        shifts=(
            Shift(_MEDIUM, risks.on_loopback, lowers=True),
            Shift(_HIGH, allowed.product_forbidden),
            _SENSITIVE,
            _EXPOSED,
        ),
    ),
    Rule(event="server.gone", on=On.PART_GONE, kinds=(K.SERVER,)),
    Rule(
        event="server.bind_widened",
        on=On.EDGE_NEW,
        edges=(E.LISTENS_ON,),
        when=(gates.source_known, gates.listener_widens),
        shifts=(_EXPOSED,),
    ),
    Rule(
        event="server.exposed_port",
        on=On.EDGE_NEW,
        kinds=(K.SERVER, K.MCP_SERVER, K.VECTOR_STORE, K.AGENT),
        edges=(E.LISTENS_ON,),
        when=(gates.source_known,),
        shifts=(Shift(_LOW, risks.on_loopback, lowers=True), _EXPOSED),
    ),
    Rule(
        event="server.bind_widened",
        on=On.PART_CHANGED,
        kinds=_OPEN_PLACES,
        attribute="exposure",
        when=(gates.exposure_widens,),
        shifts=(_EXPOSED,),
        tried=True,
    ),
    Rule(
        event="server.version_changed",
        on=On.PART_CHANGED,
        kinds=(K.SERVER,),
        attribute="version",
        when=(gates.known_both,),
        shifts=(Shift(_MEDIUM, risks.vulnerable),),
    ),
    Rule(
        event="auth.removed",
        on=On.PART_CHANGED,
        kinds=_OPEN_PLACES,
        attribute="auth",
        when=(gates.auth_weaker,),
        shifts=(Shift(_MEDIUM, risks.on_loopback, lowers=True),),
        tried=True,
    ),
    Rule(
        event="auth.added",
        on=On.PART_CHANGED,
        kinds=_OPEN_PLACES,
        attribute="auth",
        when=(gates.auth_stronger,),
        tried=True,
    ),
    Rule(
        event="tls.removed",
        on=On.PART_CHANGED,
        kinds=(K.LISTENER,),
        attribute="scheme",
        when=(gates.https_lost,),
        shifts=(Shift(_LOW, risks.on_loopback, lowers=True),),
    ),
    Rule(event="tls.added", on=On.PART_CHANGED, kinds=(K.LISTENER,), attribute="scheme", when=(gates.https_gained,)),
)

FINDINGS: tuple[Rule, ...] = (
    Rule(event="cors.widened", on=On.PART_NEW, kinds=(K.FINDING,), when=(gates.lets_pages_in,)),
    Rule(event="admin_api.enabled", on=On.PART_NEW, kinds=(K.FINDING,), when=(gates.lets_administer,)),
    Rule(event="finding.opened", on=On.PART_NEW, kinds=(K.FINDING,), when=(gates.fails,)),
    Rule(event="finding.closed", on=On.PART_GONE, kinds=(K.FINDING,), when=(gates.was_open,)),
    Rule(
        event="finding.closed",
        on=On.PART_CHANGED,
        kinds=(K.FINDING,),
        attribute="state",
        when=(gates.closes,),
        tried=True,
    ),
    Rule(
        event="cors.widened",
        on=On.PART_CHANGED,
        kinds=(K.FINDING,),
        attribute="state",
        when=(gates.lets_pages_in,),
        tried=True,
    ),
    Rule(
        event="admin_api.enabled",
        on=On.PART_CHANGED,
        kinds=(K.FINDING,),
        attribute="state",
        when=(gates.lets_administer,),
        tried=True,
    ),
    Rule(
        event="finding.opened",
        on=On.PART_CHANGED,
        kinds=(K.FINDING,),
        attribute="state",
        when=(gates.fails,),
        tried=True,
    ),
)

OF_SOFTWARE: tuple[Rule, ...] = (
    *(
        Rule(
            event="image.digest_changed",
            on=On.PART_CHANGED,
            kinds=(K.SERVER, K.CONTAINER, K.IMAGE),
            attribute=name,
            when=(gates.known_both,),
            shifts=(_UNALLOWED_IMAGE,),
        )
        for name in ("image_digest", "digest")
    ),
    Rule(event="container.new", on=On.PART_NEW, kinds=(K.CONTAINER,), attribute="image", shifts=(_UNALLOWED_IMAGE,)),
    Rule(event="container.gone", on=On.PART_GONE, kinds=(K.CONTAINER,)),
    Rule(
        event="package.version_changed",
        on=On.PART_NEW,
        kinds=(K.PACKAGE,),
        attribute="version",
        instead=gates.older_package,
    ),
    Rule(event="package.new", on=On.PART_NEW, kinds=(K.PACKAGE,), shifts=(Shift(_MEDIUM, risks.vulnerable),)),
    Rule(event="package.removed", on=On.PART_GONE, kinds=(K.PACKAGE,)),
)
