"""A hunt by the SYN source, in a process of its own: JSON in on standard input, JSON lines out."""

import json
import sys
import threading
import time
from typing import Any

from livebom.net.pace import Pace
from livebom.net.ranges import Range, read_address
from probes.engine.plan import Block, make_plan
from probes.engine.tally import Open, Tally
from probes.sources import Hunt, syn


def block(first: str, last: str, ports: list[int]) -> Block:
    one, other = read_address(first), read_address(last)
    return Block((Range(one.first, other.first, one.family),), tuple(ports))


def stop_when_told(stop: threading.Event) -> None:
    if sys.stdin.readline():
        stop.set()


def main() -> None:
    asked: dict[str, Any] = json.loads(sys.stdin.readline())
    found: list[tuple[str, int]] = []
    stop = threading.Event()

    def on_open(places: list[Open]) -> None:
        found.extend((one.address, one.port) for one in places)
        if asked.get("hold") and len(found) == len(places):  # the first time only
            sent = hunt.tally.sent
            time.sleep(asked["hold"])  # noqa: TID251 - the one who is slow
            print(json.dumps({"held": sent}), flush=True)

    hunt = Hunt(
        plan=make_plan([block(*one) for one in asked["blocks"]]),
        key=b"key",
        start=asked.get("start", 0),
        stop_at=asked.get("stop_at"),
        pace=Pace(asked.get("rate", 0)),
        timeout=asked.get("timeout", 0.5),
        retries=asked.get("retries", 1),
        allowed=lambda _address, _port: True,
        on_open=on_open,
        stop=stop.is_set,
        tally=Tally(),
    )
    failed = syn.refusal(hunt)
    if not failed:
        print("ready", flush=True)
        threading.Thread(target=stop_when_told, args=(stop,), daemon=True).start()
        began = time.monotonic()
        try:
            syn.find(hunt)
        except (ChildProcessError, ValueError) as fault:
            failed = f"{type(fault).__name__}: {fault}"
        print(json.dumps({"seconds": time.monotonic() - began}), flush=True)
    tally = {name: getattr(hunt.tally, name) for name in hunt.tally.__struct_fields__}
    print(json.dumps({"found": sorted(found), "failed": failed, "tally": tally}), flush=True)


if __name__ == "__main__":
    main()
