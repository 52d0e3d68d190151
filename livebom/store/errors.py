"""What can go wrong with a store, told with the file and what to do about it."""

from pathlib import Path


class StoreError(Exception):
    """The store cannot be used as asked; the text names the file and a remedy."""

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        super().__init__(f"{path}: {problem}; {remedy}")
        self.path = path
        self.problem = problem
        self.remedy = remedy


class StoreBusy(StoreError):  # noqa: N818 - not a fault: somebody else's turn lasts longer than we may wait
    """Another process kept the file for longer than the caller would wait."""
