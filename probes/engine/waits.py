"""How long an answer is worth waiting for, network by network: learnt from the answers that came."""

from livebom.net.caps import net_of

LEAST = 0.150
"""Seconds; below it a busy host or one lost poll would look like silence."""
NETS = 16_384
"""Networks whose round-trip times are kept, those last heard from; a quarter of a kilobyte each."""
STEP = 1.25
"""Waits are rounded up to LEAST times a power of this, so that few queues hold them all in order."""


class Waits:
    """For each /24 (IPv6: /64) the wait of RFC 6298: its smoothed round-trip time and four times its variation.

    Never below LEAST, never above `most`, and `most` for a network that has not answered.
    """

    def __init__(self, most: float) -> None:
        self.steps = _steps(most)
        """Seconds, ascending; the last is `most`."""
        self.last = len(self.steps) - 1
        self.known: dict[str | bytes, int] = {}
        """Network (as `net_of` tells it) to the number of its step."""
        self._times: dict[str | bytes, tuple[float, float]] = {}

    def step(self, address: str) -> int:
        """The number of the step to wait for that address."""
        return self.known.get(net_of(address), self.last)

    def answered(self, address: str, seconds: float) -> None:
        """An answer from there took so long."""
        net = net_of(address)
        held = self._times.pop(net, None)  # and put in again: the order is that of the last answer
        if held is None:
            smooth, vary = seconds, seconds / 2
            if len(self._times) >= NETS:
                oldest = next(iter(self._times))
                del self._times[oldest], self.known[oldest]
        else:
            smooth, vary = held
            vary += (abs(smooth - seconds) - vary) / 4
            smooth += (seconds - smooth) / 8
        self._times[net] = smooth, vary
        wait = smooth + 4 * vary
        number = 0
        while number < self.last and self.steps[number] < wait:
            number += 1
        self.known[net] = number


def _steps(most: float) -> list[float]:
    steps, one = [], LEAST
    while one < most:
        steps.append(one)
        one *= STEP
    return [*steps, most]
