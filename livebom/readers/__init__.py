"""Readers of other tools' documents, one module per format, found by walking this folder; bytes in, a document out."""

from livebom.readers.problem import ReadProblem

__all__ = ["ReadProblem"]
