"""The cross matrix: every recording against the whole catalogue, on its port, on others, and behind a proxy."""

import pytest

from livebom.bom.service import Service
from tests.lab import default_port
from tests.playback import Playback, catalog, converse
from tests.recording import load, names
from tests.replay import NGINX

KNOWN = [name for name in names() if load(name).product in catalog().products]
GENERIC = {kit.product for kit in catalog().kits if kit.fingerprint.generic}


def wrongly(name: str, service: Service) -> str | None:
    """What is wrong with it: another product's name, or a conflict with one; its own, a family's or none is right."""
    if service.product in {load(name).product, None} | GENERIC and not service.conflict:
        return None
    return f"{name}: {service.product} {service.conflict}"


def test_every_known_product_is_named_on_its_own_port() -> None:
    services = {n: converse(Playback(n), default_port(n)).service for n in KNOWN if not n.endswith("-grpc")}
    assert {name: one.product for name, one in services.items() if one.product != load(name).product} == {}


@pytest.mark.slow
def test_no_product_is_named_after_another_on_a_port_that_many_share() -> None:
    assert [w for n in names() if (w := wrongly(n, converse(Playback(n), 8080).service))] == []


@pytest.mark.slow
def test_no_product_is_named_after_another_behind_a_proxy() -> None:
    assert [w for n in names() if (w := wrongly(n, converse(Playback(n, server=NGINX), default_port(n)).service))] == []
