"""A peer that lies: answers every SYN on veth0 with forgeries, and one place truthfully, but five times."""

import random
import socket
import struct
import sys

SYN, RST, SYN_ACK = 0x02, 0x14, 0x12


def answer(
    frame: bytes, *, address: int, port: int, acknowledged: int, flags: int = SYN_ACK, head: int = 0x45
) -> bytes:
    """A frame back to the sender of this one, from that address and port."""
    ip = struct.pack(">BBHHHBBH4s4s", head, 0, 40, 0, 0x4000, 64, 6, 0, address.to_bytes(4), frame[26:30])
    tcp = struct.pack(">H2sIIBBHHH", port, frame[34:36], 7, acknowledged & 0xFFFFFFFF, 0x50, flags, 1000, 0, 0)
    return frame[6:12] + frame[:6] + b"\x08\x00" + ip + tcp


def lies(frame: bytes) -> list[bytes]:
    """What a hostile network might send back."""
    address, port = int.from_bytes(frame[30:34]), int.from_bytes(frame[36:38])
    right = int.from_bytes(frame[38:42]) + 1

    def said(host: int = address, source_port: int = port, **changed: int) -> bytes:
        return answer(frame, **({"address": host, "port": source_port, "acknowledged": right} | changed))

    whole = said()
    return [
        said(acknowledged=right + 1),
        said(acknowledged=right - 1),
        said(acknowledged=0),
        said(acknowledged=random.getrandbits(32)),
        said(address + 1),
        said(address ^ 0x80),
        said(0x08080808),
        said(address, port + 1),
        said(address, port ^ 1),
        *[said(flags=RST)] * 10,
        said(flags=SYN_ACK | 0x04),
        said(flags=SYN_ACK | 0x01),
        said(flags=0x10),
        said(flags=SYN),
        said(head=0x4F),  # a header longer than the frame
        said(head=0x40),  # a header of no length
        whole[:40],
        whole[:20] + b"\x20\x01" + whole[22:],  # a later fragment
        whole[:34] + struct.pack(">H", port) + struct.pack(">H", 22) + whole[38:],  # to a port that is not ours
        whole[:30] + b"\x01\x02\x03\x04" + whole[34:],  # to an address that is not the sender's
    ]


def main() -> None:
    honest = socket.inet_aton(sys.argv[1]), int(sys.argv[2])
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as wire:
        wire.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
        wire.bind(("veth0", 0x0800))
        print("ready", flush=True)
        while True:
            frame, (_, _, kind, *_) = wire.recvfrom(2048)
            if kind == socket.PACKET_OUTGOING or len(frame) < 58 or frame[23] != 6 or frame[47] != SYN:
                continue
            if (frame[30:34], int.from_bytes(frame[36:38])) == honest:
                place = {"address": int.from_bytes(frame[30:34]), "port": honest[1]}
                truth = answer(frame, acknowledged=int.from_bytes(frame[38:42]) + 1, **place)
                for _ in range(5):
                    wire.send(truth)
            else:
                for lie in lies(frame):
                    wire.send(lie)


if __name__ == "__main__":
    main()
