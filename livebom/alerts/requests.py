"""The HTTP request that carries an alert: body, headers and signature; nothing is sent here."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from livebom.alerts.alert import Alert
from livebom.alerts.carrier import Undelivered
from livebom.alerts.encoding import ascii_json
from livebom.alerts.formats import media_type, written
from livebom.alerts.secrets import revealed
from livebom.bom.alerting import Slack, Splunk, Webhook

_SHORTEST_KEY = 16


class Request(Struct, frozen=True):
    """What is posted; it may hold a secret and is never printed."""

    body: bytes
    headers: dict[str, str]

    def __repr__(self) -> str:
        return "Request(...)"


def request_for(
    sink: Webhook | Slack | Splunk, alert: Alert, at: datetime, environment: Mapping[str, str], origin: str
) -> Request:
    """The request, signed or with its token. Raises Undelivered where the secret is not there or is no good one."""
    if isinstance(sink, Webhook):
        body = written(alert, sink.format, origin).encode()
        signed = signature(key_of(revealed(sink.key, environment)), alert.id, at, body)
        return Request(body, {"Content-Type": media_type(sink.format), **signed})
    if isinstance(sink, Slack):
        return Request(written(alert, "slack", origin).encode(), {"Content-Type": media_type("slack")})
    token = revealed(sink.token, environment)
    return Request(
        _event(sink, alert, origin), {"Content-Type": "application/json", "Authorization": f"Splunk {token}"}
    )


def signature(key: bytes, id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks (github.com/standard-webhooks, "Signature scheme").

    The id stays the same over all attempts, the time is that of this one; HMAC-SHA256 of `id.time.body`.
    """
    time = str(int(at.timestamp()))
    mac = hmac.digest(key, f"{id_}.{time}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": id_,
        "webhook-timestamp": time,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def key_of(secret: str) -> bytes:
    """The bytes of a key: base64 behind `whsec_`, else the text itself. Raises Undelivered for a weak or broken one."""
    try:
        encoded = secret.startswith("whsec_")
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True) if encoded else secret.encode()
    except binascii.Error:
        raise Undelivered("what stands behind whsec_ in the key is not base64") from None
    if len(key) < _SHORTEST_KEY:
        raise Undelivered(f"the key is shorter than {_SHORTEST_KEY} bytes")
    return key


def _event(sink: Splunk, alert: Alert, origin: str) -> bytes:
    """Splunk's envelope (docs.splunk.com, "Format events for HTTP Event Collector"); JSON stays an object in it."""
    text = written(alert, sink.format, origin)
    index = f',"index":{ascii_json(sink.index)}' if sink.index else ""
    head = {"time": round(alert.at.timestamp(), 3), "host": origin, "source": "livebom", "sourcetype": sink.sourcetype}
    event = text if "json" in media_type(sink.format) else ascii_json(text)
    return f'{ascii_json(head)[:-1]}{index},"fields":{{"alert_id":"{alert.id}"}},"event":{event}}}'.encode()
