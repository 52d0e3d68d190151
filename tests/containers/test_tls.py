"""Docker over TCP with certificates on both sides, and what is told where one of them is not right."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from livebom.net.engine_api import EngineDoor
from probes.local.engine import Engine
from probes.local.workload import Looked, Window
from tests.containers.engines import Engines
from tests.containers.servers import discover

pytestmark = [pytest.mark.containers, pytest.mark.timeout(120)]
PORT = 12376


@pytest.fixture(scope="module")
def papers(real: Engines, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as DOCKER_CERT_PATH names one, beside it the server's papers and those of a stranger."""
    folder = tmp_path_factory.mktemp("papers")
    for authority in ("ca", "other-ca"):
        _openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={authority}", "-days", "1", "-keyout", f"{authority}-key.pem",
                 "-out", f"{authority}.pem")  # fmt: skip
    _issued(folder, "server", "ca", "serverAuth")
    _issued(folder, "", "ca", "clientAuth")
    _issued(folder, "stranger", "other-ca", "clientAuth")
    return folder


def _issued(folder: Path, name: str, authority: str, use: str) -> None:
    """A key and a certificate for 127.0.0.1; Docker's own names for them where `name` is empty."""
    stem = f"{name}-" if name else ""
    (folder / "extensions").write_text(f"subjectAltName=IP:127.0.0.1\nextendedKeyUsage={use}\n")
    _openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", f"/CN={name or 'client'}", "-keyout", f"{stem}key.pem", "-out", "request.pem")  # fmt: skip
    _openssl(folder, "x509", "-req", "-in", "request.pem", "-CA", f"{authority}.pem", "-CAkey", f"{authority}-key.pem",
             "-CAcreateserial", "-days", "1", "-extfile", "extensions", "-out", f"{stem}cert.pem")  # fmt: skip


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="module")
def secured(real: Engines, papers: Path) -> Iterator[Engines]:
    """A second dockerd of the same engines, which listens on loopback alone and wants a certificate."""
    options = ("--tlsverify", "--tlscacert", f"{papers}/ca.pem", "--tlscert", f"{papers}/server-cert.pem",
               "--tlskey", f"{papers}/server-key.pem")  # fmt: skip
    with real.second_docker(f"tcp://127.0.0.1:{PORT}", *options) as folder:
        archive = real.folder / "busy.tar"
        words = ("docker", "--tlsverify", "--tlscacert", f"{papers}/ca.pem", "--tlscert", f"{papers}/cert.pem",
                 "--tlskey", f"{papers}/key.pem", "-H", f"tcp://127.0.0.1:{PORT}")  # fmt: skip
        for more in (
            ("import", str(archive), "livebom/busy:1"),
            ("create", "--name", "far", "--network", "none", "livebom/busy:1", "/bin/sleep", "9"),
        ):
            subprocess.run([*real.inside(), *words, *more], check=True, capture_output=True, timeout=60)
        assert folder.is_dir()
        yield real


def _look(real: Engines, papers: Path, authority: str, certificate: str) -> Looked:
    """What a look from the engines' own network comes to, in a process that stands there."""
    door = EngineDoor(
        address=f"tcp://127.0.0.1:{PORT}",
        authority=f"{papers}/{authority}",
        certificate=f"{papers}/{certificate}cert.pem" if certificate != "none" else "",
        key=f"{papers}/{certificate}key.pem" if certificate != "none" else "",
    )
    return real.within(lambda: Engine("docker", door).look(Window(deadline=10)))


def test_with_the_right_papers_its_containers_are_told(secured: Engines, papers: Path) -> None:
    looked = _look(secured, papers, "ca.pem", "")

    assert looked.complete, looked.not_seen
    assert [one.name for one in looked.workloads] == ["far"]


@pytest.mark.parametrize(
    ("authority", "certificate"),
    [("ca.pem", "none"), ("ca.pem", "stranger-"), ("other-ca.pem", ""), ("server-key.pem", ""), ("absent.pem", "")],
)
def test_without_them_it_is_a_fact(secured: Engines, papers: Path, authority: str, certificate: str) -> None:
    looked = _look(secured, papers, authority, certificate)

    assert not looked.complete
    assert not looked.workloads
    assert len(looked.not_seen) == 1
    assert str(PORT) in looked.not_seen[0]
    assert "Traceback" not in looked.not_seen[0]


def test_the_settings_of_dockers_own_client_are_livebom_s(secured: Engines, papers: Path, tmp_path: Path) -> None:
    settings = {"DOCKER_HOST": f"tcp://127.0.0.1:{PORT}", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(papers)}
    words = ("--containers", "--ports", "9", "--no-store", "--format", "json")
    right = discover(secured, *words, home=tmp_path, **settings)
    plain = discover(secured, *words, home=tmp_path, **{**settings, "DOCKER_TLS_VERIFY": ""})

    assert right.returncode in {0, 3}, right.stderr
    assert "1 containers" in right.stdout, right.stdout[-2000:]
    assert os.fspath(papers) not in right.stdout
    assert f"docker tcp://127.0.0.1:{PORT}: status 400" in plain.stdout, plain.stdout[-2000:]
