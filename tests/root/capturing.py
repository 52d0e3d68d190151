"""A capture of everything this namespace sends, on every interface, until standard input ends: JSON, frames as hex."""

import json
import select
import socket
import struct
import sys

_STATISTICS = 263, 6
"""SOL_PACKET, PACKET_STATISTICS (linux/if_packet.h): packets seen and packets lost since it was asked last."""


def main() -> None:
    sent: list[tuple[str, str]] = []
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as ear:
        ear.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([ear, sys.stdin], [], [], 5)
            if ear in readable:
                frame, (interface, _, kind, *_) = ear.recvfrom(1 << 17)
                if kind == socket.PACKET_OUTGOING:
                    sent.append((interface, frame.hex()))
            elif sys.stdin in readable:
                break
        _, lost = struct.unpack("II", ear.getsockopt(*_STATISTICS, 8))
    print(json.dumps({"lost": lost, "sent": sent}), flush=True)


if __name__ == "__main__":
    main()
