"""An engine that is not root's leads root to no process of anybody else."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from livebom.net.engine_api import EngineDoor
from probes.local.engine import Engine, standing
from probes.local.proc import Proc
from probes.local.workload import Window
from tests.lab import ROOT
from tests.root.netns import needs_root

pytestmark = [pytest.mark.root, needs_root]
USER = 3_000_000_000
"""One that is no positive number in 32 bits with a sign."""
OWN, FOREIGN = "aa" * 32, "bb" * 32
SERVE = f"""
import os, sys
from pathlib import Path
from tests.probes.local.fakeengine import container, engine

def named(id_, pid):
    return container(id_, Id=id_, State={{"Status": "running", "Pid": pid, "StartedAt": "2026-11-21T09:00:00Z"}})

os.setgroups([])
os.setgid({USER})
os.setuid({USER})
own, foreign = {OWN!r}, {FOREIGN!r}
v = "/v1.41/containers/"
answers = {{v + "json": [{{"Id": own}}, {{"Id": foreign}}]}}
answers |= {{v + own + "/json": named(own, os.getpid()), v + foreign + "/json": named(foreign, int(sys.argv[2]))}}
with engine(Path(sys.argv[1]), answers):
    print("ready", flush=True)
    sys.stdin.read()
"""


@contextmanager
def an_engine(foreign: int) -> Iterator[tuple[str, int]]:
    """One of another user, which tells of its own process as of a container, and of a foreign one."""
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, USER, USER)
        words = [sys.executable, "-c", SERVE, f"{folder}/s", str(foreign)]
        with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            assert child.stdout
            assert child.stdout.readline() == b"ready\n"
            yield f"unix://{folder}/s", child.pid


def test_what_is_not_its_users_is_told_without_its_process() -> None:
    with an_engine(os.getpid()) as (address, pid):
        looked = Engine("docker", EngineDoor(address=address)).look(Window(deadline=10))
    assert {one.id: one.pid for one in looked.workloads} == {OWN: pid, FOREIGN: None}
    assert not looked.complete
    assert "not its user's" in looked.not_seen[0]
    assert FOREIGN[:12] in looked.not_seen[0]


def test_what_lives_in_a_user_namespace_of_its_maker_is_its_makers() -> None:
    words = ["unshare", "--user", "--map-root-user", "sleep", "60"]
    with subprocess.Popen(words, user=USER, group=USER, extra_groups=[]) as child:
        try:
            while Path(f"/proc/{child.pid}/comm").read_text() != "sleep\n":
                pass
            assert USER in Proc().users(child.pid)
            assert Proc().uid(child.pid) == USER
        finally:
            child.kill()


def test_whose_folder_it_is_may_listen_there() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, USER, USER)
        (door,) = standing([], [(Path(folder, "docker.sock"), Path(folder))])
    assert door.users == frozenset({0, USER})
