"""Rows of an answer as Parquet and Arrow, for the one who asked: from values that are believed in form only."""

import importlib
import math
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from livebom.store.database import Database, told
from livebom.store.jail.warden import Selected

_PLACE = Path(os.devnull)
_SCALAR = re.compile(
    r"BOOLEAN|U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(\d{1,2},\d{1,2}\)|VARCHAR|DATE|TIME|UUID"
    r"|TIMESTAMP(?:_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE|INTERVAL"
)
"""The types that are kept, and lists of them; anything else is written as text, and as JSON where it has parts."""


class MissingArrow(Exception):  # noqa: N818 - not a fault: it was not asked for when livebom was installed
    """There is no pyarrow here; the text says how to get it."""


def parquet(answer: Selected) -> bytes:
    """The answer as one Parquet file. Raises StoreError where its values do not fit its types."""
    import duckdb

    width = len(answer.columns)
    with tempfile.TemporaryDirectory(prefix="livebom-") as folder:
        file = Path(folder) / "answer.parquet"
        with told(_PLACE):
            database = Database(_PLACE, duckdb.connect(":memory:", config={"threads": 1}))
        try:
            columns = ", ".join(f"c{place} VARCHAR" for place in range(width))
            database.run("answer_table", tables={"columns": columns})
            with database.transaction():
                database.fill("answer", [tuple(map(_text, row)) for row in answer.rows])
            values = ", ".join(_column(*one) for one in enumerate(zip(answer.types, answer.columns, strict=True)))
            database.run("answer_parquet", tables={"values": values, "file": _quoted(str(file), "'")})
        finally:
            database.close()
        return file.read_bytes()


def arrow(answer: Selected) -> bytes:
    """The answer as an Arrow IPC stream, typed as the Parquet file is. Raises MissingArrow, and as `parquet` does."""
    try:
        pyarrow = importlib.import_module("pyarrow")
        files, streams = (importlib.import_module(f"pyarrow.{name}") for name in ("parquet", "ipc"))
    except ImportError:
        raise MissingArrow("the format arrow needs pyarrow: pip install 'livebom[arrow]'") from None
    table = files.read_table(pyarrow.BufferReader(parquet(answer)))
    sink = pyarrow.BufferOutputStream()
    with streams.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _column(place: int, one: tuple[str, str]) -> str:
    """One column from its text, under its name and in its type where that is known."""
    kind, name = one
    bare, listed = kind.removesuffix("[]"), kind.endswith("[]")
    text = f"c{place}"
    if kind == "BLOB":
        text = f"unhex({text})"
    elif listed and _SCALAR.fullmatch(bare):
        text = f"CAST(from_json({text}, '[\"VARCHAR\"]') AS {bare}[])"
    elif _SCALAR.fullmatch(kind):
        text = f"CAST({text} AS {kind})"
    return f"{text} AS {_quoted(name, chr(34))}"


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return msgspec.json.encode(value).decode()


def _quoted(name: str, mark: str) -> str:
    return mark + name.replace(mark, mark * 2) + mark
