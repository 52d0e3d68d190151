"""Who connected is what the kernel says, and an account that nobody named may do nothing."""

import os
import socket
import sys

import pytest

from daemon.peers import OVERFLOW, Peer, Role, access, peer_of
from livebom.settings import Accounts, Roles

ROLES = Roles(
    read=Accounts(groups=(70,)),
    sweep=Accounts(users=(1001,)),
    admin=Accounts(users=(1002,)),
    collector=Accounts(users=(1003,), groups=("no-such-group-here",)),
)


def test_the_kernel_names_the_other_end() -> None:
    left, right = socket.socketpair(socket.AF_UNIX)
    with left, right:
        peer = peer_of(left)
    assert (peer.pid, peer.uid, peer.gid) == (os.getpid(), os.geteuid(), os.getegid())
    assert peer.groups == frozenset(os.getgroups()) or not peer.groups


@pytest.mark.parametrize(
    ("peer", "roles"),
    [
        (Peer(1, 1000, 1000), set()),
        (Peer(1, 1000, 70), {Role.READ}),
        (Peer(1, 1000, 1000, frozenset({70})), {Role.READ}),
        (Peer(1, 1001, 1001), {Role.READ, Role.SWEEP}),
        (Peer(1, 1002, 1002), set(Role)),
        (Peer(1, 1003, 1003), {Role.COLLECTOR}),
        (Peer(1, 0, 0), set(Role)),
        (Peer(1, OVERFLOW, 70), set()),
    ],
)
def test_an_account_has_the_roles_that_name_it_and_no_other(peer: Peer, roles: set[Role]) -> None:
    who, notes = access(ROLES)
    assert who.may(peer) == roles
    assert notes == ("there is no group no-such-group-here on this host: it gets no role collector",)


@pytest.mark.root
def test_another_account_is_refused_with_a_reason(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The socket is opened to everybody here, so that it is the daemon that refuses and not the file's mode."""
    import subprocess

    from tests.daemon.running import Forks, Running
    from tests.lab import ROOT

    folder = tmp_path_factory.mktemp("peers")
    for one in (folder, *folder.parents[:3]):
        one.chmod(0o755)
    with Forks() as forks:
        daemon = Running(
            forks,
            folder,
            groups={"a": "{include: [127.9.9.9], ports: '9'}"},
            more="  roles:\n    sweep: {users: [4242]}\n",
        ).start()
        try:
            daemon.socket.chmod(0o666)
            code = (
                "import sys; from pathlib import Path\n"
                "from daemon.client import Client, Denied; from daemon.wire import Status, Sweep, SweepRequest\n"
                f"client = Client(Path({str(daemon.socket)!r}))\n"
                "try:\n"
                "    client.get('/v1/status', Status); print('status')\n"
                "    given = {'targets': ('127.9.9.8',)} if len(sys.argv) > 1 else {'groups': ('a',)}\n"
                "    target = SweepRequest(**given)\n"
                "    sweep = client.ask('POST', '/v1/sweeps', Sweep, body=target); print('sweep')\n"
                "    for _ in client.lines(f'/v1/sweeps/{sweep.id}/events', dict): pass\n"
                "    print(client.get(f'/v1/sweeps/{sweep.id}', Sweep).said)\n"
                "    client.ask('POST', '/v1/config/reload', Status)\n"
                "except Denied as error: print(error)\n"
            )

            def said(uid: int, *more: str) -> list[str]:
                command = [
                    "setpriv",
                    f"--reuid={uid}",
                    f"--regid={uid}",
                    "--clear-groups",
                    sys.executable,
                    "-c",
                    code,
                    *more,
                ]
                done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=50)
                return done.stdout.splitlines()

            [refused] = said(4243)
            assert refused.startswith("uid 4243 has not the role read; its roles are: none")
            assert said(4242)[:2] == ["status", "sweep"]
            assert said(4242)[-1].startswith("uid 4242 has not the role admin")
            assert "lies in no group of the targets file" in said(4242, "x")[2]
        finally:
            daemon.close()
