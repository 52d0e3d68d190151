"""The questions that are asked in SQL: one `.sql` file each, with number, name, title and parameters at its head."""

import re
from functools import cache
from importlib import resources

from msgspec import Struct

_FOLDER = "questions"
_HEAD = re.compile(r"^-- (question|asks|title|shown|parameter): (.+)$", re.MULTILINE)
_PARAMETER = re.compile(
    r"(?P<name>\w+) \((?P<kind>\w+)(?P<kinds>[ \w]*), (?P<need>required|optional|default \S+)\) (?P<means>.+)"
)


class Parameter(Struct, frozen=True, kw_only=True):
    """What a question can be given."""

    name: str
    kind: str
    """`part` (a key, a name or the beginning of an id), `time`, `text` or `flag` (yes or no)."""
    part_kinds: tuple[str, ...] = ()
    """The kinds of part it can name; any where there are none."""
    required: bool = False
    default: str | None = None
    means: str


class Question(Struct, frozen=True, kw_only=True):
    """One question; two that belong together have one number."""

    number: int
    name: str
    title: str
    parameters: tuple[Parameter, ...]
    asks: str
    """`state` (the tables of questions/schema.sql) or `intervals` (those of the store's own file)."""
    shown: tuple[str, ...]
    """The columns that a table for people shows; the other forms hold all of them."""
    sql: str

    @property
    def usage(self) -> str:
        """Its name and parameters as they are typed."""
        words = [f"{one.name}=…" if one.required else f"[{one.name}=…]" for one in self.parameters]
        return " ".join([self.name, *words])


class QuestionError(Exception):
    """The question, or what it was given, was not understood; the text says what would be."""


def questions() -> tuple[Question, ...]:
    """Every question, by number and name."""
    return _questions()


@cache
def _questions() -> tuple[Question, ...]:
    files = resources.files(__package__).joinpath(_FOLDER).iterdir()
    texts = [file.read_text(encoding="utf-8") for file in files if file.name.endswith(".sql")]
    found = [_question(text) for text in texts if text.startswith("-- question: ")]
    return tuple(sorted(found, key=lambda question: (question.number, question.name)))


@cache
def script(name: str) -> str:
    """The text of `questions/NAME.sql`."""
    return resources.files(__package__).joinpath(_FOLDER, f"{name}.sql").read_text(encoding="utf-8")


def find(name: str, given: frozenset[str] = frozenset()) -> Question:
    """The question of that name or number; of two with one number, the one that takes what is given.

    Raises QuestionError with what there is.
    """
    said = name.strip().lower()
    those = [one for one in questions() if said in (one.name, str(one.number))]
    if len(those) > 1:
        fit = [one for one in those if given and given <= {parameter.name for parameter in one.parameters}]
        those = fit or those
    if len(those) == 1:
        return those[0]
    if those:
        raise QuestionError(f"question {said} is one of: " + "; ".join(one.usage for one in those))
    raise QuestionError(
        f"there is no question {name!r}; there are " + ", ".join(f"{one.number} {one.name}" for one in questions())
    )


def _question(text: str) -> Question:
    head: dict[str, list[str]] = {}
    for word, said in _HEAD.findall(text):
        head.setdefault(word, []).append(said)
    number, name = head["question"][0].split()
    return Question(
        number=int(number),
        name=name,
        title=head["title"][0],
        parameters=tuple(_parameter(said) for said in head.get("parameter", ())),
        asks=head.get("asks", ["state"])[0],
        shown=tuple(head["shown"][0].split(", ")),
        sql=text,
    )


def _parameter(said: str) -> Parameter:
    found = _PARAMETER.fullmatch(said)
    if found is None:
        raise ValueError(f"a question's parameter does not read like `name (kind, need) meaning`: {said}")
    need = found["need"]
    return Parameter(
        name=found["name"],
        kind=found["kind"],
        part_kinds=tuple(found["kinds"].split()),
        required=need == "required",
        default=need.removeprefix("default ") if need.startswith("default ") else None,
        means=found["means"],
    )
