"""What a document does not say or what was left out of it, counted, in words for `Look.not_seen`."""

from livebom.bom.text import safe_text

_EXAMPLES = 3
_LONGEST = 120


class Notes:
    """Remarks on one document; the same remark is made once, with a count and a few examples."""

    def __init__(self) -> None:
        self._plain: set[str] = set()
        self._counted: dict[tuple[str, str], list[str]] = {}

    def say(self, words: str) -> None:
        """Make a remark."""
        self._plain.add(words)

    def count(self, one: str, many: str, example: str) -> None:
        """Make a remark about one more thing; `many` has a `{n}` for how many there are."""
        self._counted.setdefault((one, many), []).append(example)

    def words(self) -> tuple[str, ...]:
        """All remarks, in a fixed order."""
        told = [self._told(one, many, found) for (one, many), found in self._counted.items()]
        return tuple(sorted({*self._plain, *told}))

    def _told(self, one: str, many: str, found: list[str]) -> str:
        names = sorted(set(found))
        shown = ", ".join(safe_text(name, _LONGEST) for name in names[:_EXAMPLES])
        more = ", …" if len(names) > _EXAMPLES else ""
        return f"{one if len(found) == 1 else many.format(n=len(found))}: {shown}{more}"
