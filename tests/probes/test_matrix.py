"""The cross matrix: every recording against the whole catalogue, on its port, on others, and behind a proxy."""

import pytest

from livebom.bom.service import Service
from tests.lab import default_port
from tests.playback import Playback, catalog, converse
from tests.recording import load, names
from tests.replay import NGINX

KNOWN = [name for name in names() if load(name).product in catalog().products]
GENERIC = {kit.product for kit in catalog().kits if kit.fingerprint.generic}


def allowed(name: str, service: Service) -> None:
    """Its own name, a family name, or none: never another product's, and no conflict with one."""
    assert service.product in {load(name).product, None} | GENERIC
    assert service.conflict == ()


@pytest.mark.parametrize("name", [name for name in KNOWN if not name.endswith("-grpc")])
def test_every_known_product_is_named_on_its_own_port(name: str) -> None:
    service = converse(Playback(name), default_port(name)).service
    assert (service.product, service.conflict) == (load(name).product, ())


@pytest.mark.parametrize("name", names())
def test_no_product_is_named_after_another_on_a_port_that_many_share(name: str) -> None:
    allowed(name, converse(Playback(name), 8080).service)


@pytest.mark.parametrize("name", names())
def test_no_product_is_named_after_another_behind_a_proxy(name: str) -> None:
    allowed(name, converse(Playback(name, server=NGINX), default_port(name)).service)
