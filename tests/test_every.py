"""The many-in-one test tells every case that fails, and none that does not."""

import pytest

from tests.every import every


def test_each_case_that_fails_is_told() -> None:
    @every([1, (2, 0), 3])
    def odd(number: int, _more: int = 0) -> None:
        assert number % 2, f"{number} is even"

    with pytest.raises(AssertionError, match=r"\A\(2, 0\): 2 is even"):
        odd()
