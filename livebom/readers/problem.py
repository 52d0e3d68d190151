"""What is wrong with a document that cannot be read: the file, the place in it, and the reason."""

from livebom.bom.text import safe_text


class ReadProblem(Exception):  # noqa: N818 - it is a problem of the input, told and outlived
    """An input that is no document this project reads; its text is one line, safe on a terminal."""

    def __init__(self, file: str, path: str, reason: str, remedy: str) -> None:
        self.file, self.path, self.reason, self.remedy = file, path, reason, remedy
        place = f"{file}: at {path}" if path else file
        super().__init__(safe_text(f"{place}: {reason}; {remedy}", 1000))
