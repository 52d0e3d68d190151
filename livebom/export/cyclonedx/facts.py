"""A part's believed values on their way into CycloneDX's fields; what no field takes becomes a property."""

from collections.abc import Callable
from typing import Final

from livebom.bom.graph import values
from livebom.bom.parts import Part, Value
from livebom.export.cyclonedx.fit import text_of
from livebom.export.cyclonedx.shape import Property

PREFIX: Final = "livebom:"


def own(name: str, value: str) -> Property:
    """A property of ours."""
    return Property(name=PREFIX + name, value=value)


class Facts:
    """The believed values of one part; each is taken once, and `placed` says where it went (a JSON pointer's end)."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.left: dict[str, Value] = {name: said for name, said in values(part).items() if said is not None}
        self.placed: dict[str, str] = {}

    def text(self, name: str, place: str) -> str | None:
        """The value as safe text; None where nobody says anything."""
        return self.fitting(name, place, text_of)

    def fitting(self, name: str, place: str, fit: Callable[[str], str | None]) -> str | None:
        """The value as `fit` writes it; where it does not fit, it stays for the properties."""
        said = self.left.get(name)
        made = None if said is None or isinstance(said, list) else fit(said if isinstance(said, str) else text_of(said))
        if not made:
            return None
        del self.left[name]
        self.placed[name] = place
        return made

    def texts(self, name: str, place: str) -> tuple[str, ...]:
        """The value as texts: each item of a list, or the one value."""
        said = self.left.pop(name, None)
        if said is None or said == []:
            return ()
        self.placed[name] = place
        return tuple(text_of(item) for item in (said if isinstance(said, list) else [said]))

    def peek(self, name: str) -> str:
        """The value as safe text, left where it is."""
        return text_of(self.left.get(name))

    def properties(self, place: str = "/properties", begin: int = 0) -> list[Property]:
        """Everything that is left, an item of a list each; `begin` properties stand before them at that place."""
        made: list[Property] = []
        for name in sorted(self.left):
            said = self.left[name]
            items = said if isinstance(said, list) else [said]
            if items:
                self.placed[name] = f"{place}/{begin + len(made)}"
            made += [own(text_of(name), text_of(item)) for item in items]
        self.left = {}
        return made
