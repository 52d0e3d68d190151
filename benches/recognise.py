"""Recognition of one reply: what a conversation costs beyond its packets, by the replies of a recorded vLLM."""

import statistics
import time
from collections.abc import Generator
from typing import Any

from benches.harness import Result, judged, main

FIGURE = "recognition of one reply"
TARGET = "ours <= 1"
UNIT = "ms of CPU, all fingerprints loaded"

_RECORDING = "vllm-0.32.0-default"
_ROUNDS = 60


def _replies() -> tuple[Any, list[Any]]:
    """The catalogue, and the replies one whole conversation with the recording gets, in order."""
    from livebom.surfaces import load_catalog
    from tests.playback import Playback

    catalog = load_catalog()
    playback = Playback(_RECORDING)
    replies: list[Any] = []

    def note(ask: Any) -> Any:
        reply = playback.reply(ask)
        replies.append(reply)
        return reply

    _drive(catalog, note)
    return catalog, replies


def _drive(catalog: Any, answer: Any) -> int:
    """One conversation from the first ask to the finished record; how many replies it took."""
    from datetime import UTC, datetime

    from livebom.bom.observation import Listener
    from probes.inspect import examine

    talk: Generator[Any, Any, Any] = examine(
        catalog,
        Listener(host="127.0.0.1", port=8000),
        nonce="0011223344556677",
        exposure="private",
        key=b"bench",
        now=lambda: datetime.now(UTC),
    )
    ask, count = next(talk), 0
    while True:
        count += 1
        try:
            ask = talk.send(answer(ask))
        except StopIteration as end:
            if end.value.service.product != "vllm":
                raise RuntimeError("the recording was not recognised") from None
            return count


def run() -> Result:
    """Measure it: median over whole conversations, divided by their replies."""
    catalog, replies = _replies()
    costs = []
    for _ in range(_ROUNDS):
        queue = iter(replies)
        began = time.process_time()
        count = _drive(catalog, lambda _ask, queue=queue: next(queue))
        costs.append((time.process_time() - began) * 1000 / count)
    kits = len(catalog.kits)
    return judged(FIGURE, TARGET, UNIT, [statistics.median(costs)], note=f"{kits} fingerprints, {len(replies)} replies")


if __name__ == "__main__":
    main(run)
