"""What the targets for readers of bills of materials share: read, then write, and read what was written."""

from livebom.export import exported, formats
from livebom.readers import ReadProblem, read

FORMATS = sorted(formats("export"))
LONGEST = 1000
"""Bytes written for each byte read, above a fixed size."""


def one_document(data: bytes) -> None:
    """Nothing but a document or a ReadProblem; the document can be written in every format, the same each time."""
    try:
        document = read(data, "f")
    except ReadProblem as problem:
        assert len(str(problem)) < 4000
        assert str(problem).isprintable()
        return
    form = FORMATS[sum(data[:64]) % len(FORMATS)]
    written = exported(document, form)
    assert len(written) <= LONGEST * len(data) + (1 << 20)
    written.encode()
    assert exported(read(data, "f"), form) == written, "the same bytes are written otherwise"
