"""What the kernel answers over netlink: messages and their attributes."""

from collections.abc import Iterator
from struct import pack

from probes.engine.syn.netlink import _attribute, _attributes, _messages


def one_input(data: bytes) -> None:
    total = 0
    for _, _, body in _messages(data):
        total += 1
        assert len(body) <= len(data)
        assert sum(4 + len(value) for value in _attributes(body[12:]).values()) <= len(body) + 4
    assert total <= len(data) // 16


def seeds() -> Iterator[bytes]:
    body = bytes(12) + _attribute(1, bytes([10, 0, 0, 1])) + _attribute(2, b"\2\0\0\0\0\1")
    yield pack("=IHHII", 16 + len(body), 28, 2, 1, 0) + body + pack("=IHHII", 16, 3, 0, 1, 0)
