"""What the sources tell of real containers is what the engines' own clients tell."""

import secrets
from threading import Event, Thread

import pytest

from livebom.net.engine_api import EngineDoor
from probes.local.containerd import Containerd
from probes.local.engine import Engine
from probes.local.workload import Published, Window, Workload
from tests.containers.engines import Engines, inspected, wait_for

pytestmark = [pytest.mark.containers, pytest.mark.timeout(150)]

_SERVE = ("livebom/busy:1", "/bin/httpd", "-f", "-p", "8000")
_TOKEN = "hf_" + "a" * 32
_MODES = {
    "bridge": (),
    "user": ("--network", "lbnet"),
    "host": ("--network", "host"),
    "none": ("--network", "none"),
    "published": ("-p", "127.0.0.1:18081:8000"),
}


def _docker(real: Engines) -> Engine:
    return Engine("docker", EngineDoor(address=f"unix://{real.docker_socket}"))


def _podman(real: Engines) -> Engine:
    return Engine("podman", EngineDoor(address=f"unix://{real.podman_socket}"))


@pytest.fixture(scope="module")
def ran(real: Engines) -> Engines:
    real.docker("network", "create", "--subnet", "172.29.77.0/24", "lbnet")
    for name, words in _MODES.items():
        argv = ("/bin/httpd", "-f", "-p", "8001") if name == "host" else _SERVE[1:]
        real.docker("run", "-d", "--name", name, *words, "-e", f"HF_TOKEN={_TOKEN}", "-e", "MODEL=tiny",
                    "--label", "com.docker.compose.project=lab", "--label", f"com.docker.compose.service={name}",
                    "--restart", "unless-stopped", "-v", "/usr/share:/models:ro", "--cap-add", "SYS_ADMIN",
                    "livebom/busy:1", *argv)  # fmt: skip
    real.docker("create", "--name", "waiting", "--user", "1000", *_SERVE)
    return real


def test_docker_tells_what_its_own_client_tells(ran: Engines) -> None:
    looked = _docker(ran).look(Window(keep_env=frozenset({"MODEL"})))
    own = inspected(ran.docker("inspect", *ran.docker("ps", "-aq").split()))

    assert looked.complete, looked.not_seen
    told = {one.name: one for one in looked.workloads}
    assert told.keys() == own.keys() == {*_MODES, "waiting"}
    for name, one in told.items():
        theirs: dict = own[name]  # type: ignore[type-arg]
        assert (one.id, one.state) == (theirs["Id"], theirs["State"]["Status"])
        assert (one.pid or 0) == theirs["State"]["Pid"]
        assert one.argv == (theirs["Path"], *theirs["Args"])
        assert one.image is not None
        assert (one.image.reference, one.image.digest) == ("livebom/busy:1", theirs["Image"])
        networks = theirs["NetworkSettings"]["Networks"]
        assert one.addresses == {key: net["IPAddress"] for key, net in networks.items() if net["IPAddress"]}
    assert {name: told[name].network for name in _MODES} == {
        "bridge": "bridge", "user": "lbnet", "host": "host", "none": "none", "published": "bridge",
    }  # fmt: skip
    assert told["published"].published == (Published(host="127.0.0.1", port=18081, inner=8000),)
    assert told["user"].addresses["lbnet"].startswith("172.29.77.")
    assert (told["waiting"].user, told["bridge"].user) == ("1000", "0")


def test_secrets_stay_behind_and_the_rest_is_told(ran: Engines) -> None:
    looked = _docker(ran).look(Window(keep_env=frozenset({"MODEL", "HF_TOKEN"})))
    one = next(one for one in looked.workloads if one.name == "bridge")

    assert _TOKEN not in repr(looked)
    assert dict(one.secrets).keys() == {"env:HF_TOKEN"}
    assert one.env["MODEL"] == "tiny"
    assert (one.owner, one.restart, one.capabilities) == ("lab/bridge", "unless-stopped", ("SYS_ADMIN",))
    assert [(m.source, m.destination, m.writable) for m in one.mounts] == [("/usr/share", "/models", False)]


def test_containerd_tells_dockers_containers_by_the_same_ids(ran: Engines) -> None:
    looked = Containerd(ran.containerd).look(Window())

    running = {one.id: one for one in _docker(ran).look(Window()).workloads if one.state == "running"}
    theirs = {one.id: one for one in looked.workloads if one.namespace == "moby"}
    assert looked.complete, looked.not_seen
    assert theirs.keys() == running.keys()
    for key, one in theirs.items():
        assert (one.pid, one.argv, one.runtime) == (running[key].pid, running[key].argv, "docker")
        assert one.capabilities == ("SYS_ADMIN",)


def test_containerd_tells_its_own_containers(real: Engines) -> None:
    archive = real.folder / "saved.tar"
    real.docker("save", "-o", str(archive), "livebom/busy:1")
    real.ctr("images", "import", "--snapshotter", "native", str(archive))
    id_ = f"c-{secrets.token_hex(4)}"  # runc remembers the ids of everybody in one place of this host
    real.ctr("run", "--snapshotter", "native", "-d", "--net-host", "docker.io/livebom/busy:1", id_, "/bin/sleep", "99")
    looked = Containerd(real.containerd).look(Window())

    (one,) = (one for one in looked.workloads if one.namespace == "lb")
    assert (one.id, one.runtime, one.state, one.network) == (id_, "containerd", "running", "host")
    assert one.argv == ("/bin/sleep", "99")
    assert str(one.pid) in real.ctr("tasks", "ls")


def test_podman_tells_what_its_own_client_tells(real: Engines) -> None:
    for name in ("host", "none"):
        real.podman("run", "-d", "--name", f"p-{name}", "--network", name, "-e", f"HF_TOKEN={_TOKEN}",
                    "livebom/busy:1", "/bin/sleep", "1000")  # fmt: skip
    looked = _podman(real).look(Window())
    own = inspected(real.podman("inspect", "p-host", "p-none"))

    assert looked.complete, looked.not_seen
    told: dict[str, Workload] = {one.name: one for one in looked.workloads}
    assert told.keys() == own.keys()
    for name, one in told.items():
        theirs: dict = own[name]  # type: ignore[type-arg]
        assert (one.id, one.pid) == (theirs["Id"], theirs["State"]["Pid"])
        assert one.network == name.removeprefix("p-")
        assert one.argv[-2:] == ("/bin/sleep", "1000")
    assert _TOKEN not in repr(looked)


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_a_container_that_starts_is_heard_of(real: Engines, name: str) -> None:
    engine, client = (_docker(real), real.docker) if name == "docker" else (_podman(real), real.podman)
    stop, heard = Event(), []
    thread = Thread(target=engine.events, args=(stop, lambda action, id_: heard.append((action, id_))))
    thread.start()
    try:
        id_ = client("create", "--network", "none", "livebom/busy:1", "/bin/sleep", "0.2").split()[-1]
        Event().wait(0.5)
        client("start", id_)
        wait_for(lambda: len(heard) >= 2, f"events after {heard}")
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()
    assert [("start", id_), ("die", id_)] == heard[:2]
