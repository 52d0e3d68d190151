"""What the SYN sender receives: frames from the network, and what it is told and tells over its pipe."""

from collections.abc import Iterator

import msgspec
import numpy as np

from probes.engine.syn.answers import neighbours, syn_acks
from probes.engine.syn.cookie import Cookies
from probes.engine.syn.protocol import Count, Failed, Found, Frames, Order, framed
from tests.fuzz.targets import parts
from tests.probes.engine.syn.test_frames import ARP, reply

WIDTH = 150
COOKIES = Cookies(bytes(16), 40000)


def one_input(data: bytes) -> None:
    if data[:1] and data[0] & 1:
        return _pipe(data[1:])
    rows = [piece[:WIDTH].ljust(WIDTH, b"\xee") for piece in parts(data[1:], 64)]
    frames = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, WIDTH)
    for answers in syn_acks(frames):
        assert len(answers.origins) == len(answers.acknowledged) == len(answers.source_ports) <= len(rows)
        origins, _ = answers.genuine(COOKIES)
        assert len(origins) == 0, "nobody can make the answer to a cookie that was never sent"
    assert all(len(one.mac) == 6 for one in neighbours(frames))
    return None


def _pipe(data: bytes) -> None:
    try:
        for message in Frames().feed(data):
            for kind in (Order, Found | Count | Failed):
                try:
                    msgspec.msgpack.decode(message, type=kind)
                except (msgspec.MsgspecError, ValueError, RecursionError):
                    continue
    except ValueError:
        return


def seeds() -> Iterator[bytes]:
    yield b"\0" + reply(4)
    yield b"\0" + reply(6)
    yield b"\0" + b"\n\x1e\n".join([ARP, reply(4, options=b"\1" * 20)])
    yield b"\1" + framed(Count()) + framed(Failed("a"))
