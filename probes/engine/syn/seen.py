"""Which cookies were answered already: sorted runs of doubling length, eight octets for each."""

import numpy as np
from numpy.typing import NDArray

from probes.engine.syn.siphash import Words


class Seen:
    """A growing set of 64-bit numbers that is asked about many at once."""

    def __init__(self) -> None:
        self._runs: list[Words] = []

    def __len__(self) -> int:
        return sum(len(run) for run in self._runs)

    def holds(self, numbers: Words) -> NDArray[np.bool_]:
        """Which of them are in it."""
        known = np.zeros(len(numbers), np.bool_)
        for run in self._runs:
            places = np.searchsorted(run, numbers)
            places[places == len(run)] = 0
            known |= run[places] == numbers
        return known

    def add(self, numbers: Words) -> NDArray[np.intp]:
        """Take them in, and tell the places of those that are new, the first of equal ones only."""
        first: NDArray[np.intp]
        different, first = np.unique(numbers, return_index=True)
        new = ~self.holds(different)
        if new.any():
            self._runs.append(different[new])
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            self._runs[-2:] = [np.sort(np.concatenate(self._runs[-2:]), kind="stable")]
        return np.sort(first[new])
