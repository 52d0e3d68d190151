"""scapy as an independent builder and reader of frames, in a process of its own: JSON in, JSON out.

scapy is GPL-2.0-only: nothing else of ours is loaded beside it.
"""

import json
import sys
from typing import Any

from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether


def built(row: dict[str, Any]) -> str:
    """The SYN frame of a row, by scapy, in hex."""
    head: IP | IPv6
    if ":" in row["address"]:
        head, mss = IPv6(src=row["source"], dst=row["address"], hlim=64), 1440
    else:
        head, mss = IP(src=row["source"], dst=row["address"], id=0, flags="DF", ttl=64), 1460
    tcp = TCP(
        sport=row["source_port"],
        dport=row["port"],
        seq=row["sequence"],
        flags="S",
        window=64240,
        options=[("MSS", mss)],
    )
    return bytes(Ether(src=row["source_mac"], dst=row["next_mac"]) / head / tcp).hex()


def read(frame: str) -> dict[str, Any]:
    """What scapy reads in a frame, and the checksums it would have written."""
    whole = Ether(bytes.fromhex(frame))
    head, tcp = whole.payload, whole[TCP]
    said = {
        "address": head.dst,
        "port": tcp.dport,
        "sequence": tcp.seq,
        "flags": str(tcp.flags),
        "options": tcp.options,
        "padding": len(tcp.payload),
        "sums": [tcp.chksum] + ([head.chksum] if IP in whole else []),
    }
    fresh = Ether(bytes.fromhex(frame))
    del fresh[TCP].chksum
    if IP in fresh:
        del fresh[IP].chksum
    again = Ether(bytes(fresh))
    return said | {"right_sums": [again[TCP].chksum] + ([again.payload.chksum] if IP in again else [])}


def main() -> None:
    asked = json.load(sys.stdin)
    json.dump(
        {"built": [built(row) for row in asked["rows"]], "read": [read(one) for one in asked["frames"]]}, sys.stdout
    )


if __name__ == "__main__":
    main()
