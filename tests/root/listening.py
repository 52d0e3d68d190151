"""A target: listens at the places named on the command line as ADDRESS,PORT until its standard input ends."""

import socket
import sys
from contextlib import ExitStack


def main() -> None:
    with ExitStack() as open_sockets:
        for place in sys.argv[1:]:
            address, port = place.rsplit(",", 1)
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            one = open_sockets.enter_context(socket.socket(family, socket.SOCK_STREAM))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((address, int(port)))
            one.listen(64)
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
