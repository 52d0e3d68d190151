"""The SYN path: a small process that holds CAP_NET_RAW just long enough to open its sockets, and finds open ports."""
