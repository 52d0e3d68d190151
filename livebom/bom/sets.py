"""Sets of ids that name one thing, grown row by row, where some must never become one."""

from collections.abc import Iterable
from uuid import UUID

from livebom.bom.identity import part_id
from livebom.bom.parts import Alias, PartKind
from livebom.bom.policy import Distinct


class Sets:
    """Union-find with the smallest id as root, so that the answer does not depend on the order of what is joined.

    `foes` are pairs that stay apart. An anchor is an identity that only one thing can have, such as a digest: two sets
    with different anchors stay apart as well.
    """

    def __init__(self, foes: Iterable[tuple[UUID, UUID]] = ()) -> None:
        self._above: dict[UUID, UUID] = {}
        self._anchors: dict[UUID, frozenset[str]] = {}
        self._foes: dict[UUID, set[UUID]] = {}
        for one, other in foes:
            self._foes.setdefault(one, set()).add(other)
            self._foes.setdefault(other, set()).add(one)

    def find(self, one: UUID) -> UUID:
        """The root of its set."""
        above = self._above
        if one not in above:
            return one
        top = one
        while top in above:
            top = above[top]
        while one != top:
            above[one], one = top, above[one]
        return top

    def anchor(self, one: UUID, anchor: str | None) -> None:
        """Say what only the thing of this id can be called."""
        if anchor is not None:
            top = self.find(one)
            self._anchors[top] = self._anchors.get(top, frozenset()) | {anchor}

    def join(self, one: UUID, other: UUID, *, sure: bool = False) -> bool:
        """Make their sets one, unless they are foes or, where it is not sure, anchored apart; False where refused."""
        low, high = self.find(one), self.find(other)
        if low == high:
            return True
        if high < low:
            low, high = high, low
        mine, theirs = self._anchors.get(low), self._anchors.get(high)
        if not sure and mine and theirs and not (mine <= theirs or theirs <= mine):
            return False
        if self._foes and self._hostile(low, high):
            return False
        self._above[high] = low
        if theirs:
            self._anchors[low] = (mine or frozenset()) | theirs
        if high in self._foes:
            self._foes.setdefault(low, set()).update(self._foes[high])
        return True

    def apart(self, one: UUID, other: UUID) -> bool:
        """Whether somebody said that these two are not the same."""
        low, high = self.find(one), self.find(other)
        return self._hostile(low, high)

    def _hostile(self, low: UUID, high: UUID) -> bool:
        return any(self.find(foe) == high for foe in self._foes.get(low, ())) or any(
            self.find(foe) == low for foe in self._foes.get(high, ())
        )


def foes(distinct: Iterable[Distinct]) -> tuple[tuple[UUID, UUID], ...]:
    """The pairs of ids that a policy's rows keep apart, whatever the kind of part the keys belong to."""
    return tuple((part_id(kind, row.one), part_id(kind, row.other)) for row in distinct for kind in PartKind)


def sureness(row: Alias) -> tuple[float, Alias]:
    """Rows sorted by this come surest first, in one order."""
    return -row.confidence, row


def apart(aliases: Iterable[Alias], hostile: Iterable[tuple[UUID, UUID]]) -> frozenset[Alias]:
    """The rows that may stay: taken surest first, a row that would make foes one is left out."""
    sets = Sets(hostile)
    return frozenset(row for row in sorted(aliases, key=sureness) if sets.join(row.id, row.same_as, sure=True))
