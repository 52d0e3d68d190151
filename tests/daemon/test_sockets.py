"""The place of the control socket: what stands there already is a dead socket, or the daemon says what it is."""

import socket
import stat
from pathlib import Path

import pytest

from daemon.sockets import SocketError, made


def test_the_socket_is_its_owners_and_its_groups(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    one, note = made(path, None)
    with one:
        assert stat.S_IMODE(path.lstat().st_mode) == 0o660
        assert note == ""


def test_one_that_is_left_of_a_dead_daemon_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    one, _ = made(path, None)
    with one, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_link_is_neither_followed_nor_removed(tmp_path: Path) -> None:
    target, path = tmp_path / "other.sock", tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(target))
    path.symlink_to(target)
    with pytest.raises(SocketError, match="is no socket"):
        made(path, None)
    assert path.is_symlink()
    assert target.is_socket()


@pytest.mark.parametrize("kind", ["file", "folder", "a link to nothing"])
def test_what_is_no_socket_stays(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nothing")
    with pytest.raises(SocketError, match="move it away"):
        made(path, None)
    assert path.is_symlink() or path.exists()
