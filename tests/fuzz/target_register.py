"""A register that is imported: a table of any kind, or a list of models."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from livebom.bom.graph import fold
from livebom.bom.register import Origin, read_list, read_table

ORIGIN = Origin("s", datetime(2026, 11, 21, tzinfo=UTC), "cmdb.csv")


def one_input(data: bytes) -> None:
    text = data[1:].decode("utf-8", "replace")
    with suppress(ValueError):
        found = read_table(text, {"owner": "Team"} if data[:1] and data[0] & 1 else {}, ORIGIN)
        assert (
            len(found.observations) + len(found.bad) <= text.count("\n") + text.count("\r") + len(text.splitlines()) + 1
        )
        assert all(bad.line > 0 and len(bad.reason) < 2000 for bad in found.bad)
        fold(found.observations)
    fold(read_list(text, ORIGIN).observations)


def seeds() -> Iterator[bytes]:
    yield b"\0" + b'name,kind,owner,license\r\nQwen/Qwen2.5,model,"a, team",MIT\r\n=cmd,server,x,y\r\n'
    yield b"\1" + "\ufeffName;Typ;Team\nllama;model;ä\n;;\n".encode()
    yield b"\0" + b"name\tkind\tkey\na\tserver\thttp://10.0.0.1:8000\n"
    yield b"\0" + b"# models\nQwen/Qwen2.5-0.5B # small\n"
