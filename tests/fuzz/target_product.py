"""Every product's rules: marks, version, models, authentication and checks on any body, as if it had answered all."""

from collections.abc import Iterator

import msgspec

from livebom.bom.observation import Outcome
from livebom.net.reply import Reply
from livebom.recognise import read
from livebom.recognise.judge import stand
from livebom.recognise.match import View
from livebom.recognise.path import MOST
from livebom.recognise.verdict import verdicts
from probes import checks
from tests.fuzz.talking import spoken
from tests.fuzz.targets import SPLIT, joined, parts
from tests.playback import UNNAMED_PORT, catalog
from tests.recording import load, names

KITS = catalog().kits
MEDIA = ("application/json", "text/html", "text/event-stream", "text/plain; version=0.0.4", "")
STATUS = (200, 200, 200, 401, 404, 405, 500, 204)
JSON_AFTER = 2


def view(body: bytes, flags: int) -> View:
    headers = (
        ("Content-Type", MEDIA[flags % len(MEDIA)]),
        ("Server", "uvicorn"),
        ("X-Version", body[:40].decode("latin-1")),
    )
    if flags >> 5 == 7:
        return View(Reply(outcome=Outcome.PROTOCOL_ERROR, banner=body[:1024]))
    return View(Reply(outcome=Outcome.OK, status=STATUS[flags >> 5], reason="OK", headers=headers, body=body))


def one_input(data: bytes) -> None:
    """The first byte picks the product, the second how it answers, and then come the bodies, ask by ask."""
    kit = KITS[data[0] % len(KITS)] if data else KITS[0]
    flags, bodies = (data[1] if len(data) > 1 else 0), parts(data[2:], 8)
    replies = {name: view(bodies[at % len(bodies)], flags) for at, name in enumerate(kit.signatures)}
    for request in kit.requests:
        catalog().prefilter.owners(request, view(bodies[0], flags))
    standing = stand(kit, replies)
    assert 0 <= standing.score <= 1
    version = read.version(kit, replies)
    assert len(version.value or "") <= 512
    models = read.models(kit, replies, {name: {"m": view(bodies[-1], flags)} for name in kit.per_model}) or ()
    assert len(models) <= MOST * max(1, len(kit.fingerprint.models)) + 1
    found = verdicts(kit, replies, "private", None, checks.known())
    told = msgspec.json.encode([standing, version, models, read.auth(kit, replies), found])
    assert len(told) <= 40 * len(data) + (1 << 20)


def seeds() -> Iterator[bytes]:
    numbers = {kit.product: at for at, kit in enumerate(KITS)}
    for name in names():
        product = load(name).product
        bodies = [raw.partition(b"\r\n\r\n")[2] for raw in spoken(name, UNNAMED_PORT)]
        bodies = sorted({body for body in bodies if body and SPLIT not in body}, key=len)[-4:]
        if product in numbers and bodies:
            yield bytes([numbers[product], 0]) + joined(bodies)
            yield bytes([numbers[product], 1]) + bodies[-1]
