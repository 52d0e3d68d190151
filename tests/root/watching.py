"""A capture: what arrives on interface veth0 until standard input ends, then as one line of JSON, frames as hex."""

import json
import select
import socket
import sys


def main() -> None:
    frames = []
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as ear:
        ear.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
        ear.bind(("veth0", 3))
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([ear, sys.stdin], [], [], 5)
            if ear in readable:
                frame, (_, _, kind, *_) = ear.recvfrom(2048)
                if kind != socket.PACKET_OUTGOING:
                    frames.append(frame.hex())
            elif sys.stdin in readable:
                break
    print(json.dumps(frames), flush=True)


if __name__ == "__main__":
    main()
