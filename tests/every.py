"""One test for many cases: each is tried and all that fail are told; one test each would cost the suite seconds."""

from collections.abc import Callable, Iterable
from typing import Any


def every(cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """The check as one test over the cases; a case that is a tuple gives several arguments."""

    def whole(check: Callable[..., None]) -> Callable[[], None]:
        def run() -> None:
            failed = []
            for case in cases:
                try:
                    check(*(case if isinstance(case, tuple) else (case,)))
                except AssertionError as error:
                    failed.append(f"{case}: {error}")
            assert not failed, "\n".join(failed)

        run.__name__, run.__doc__, run.__module__ = check.__name__, check.__doc__, check.__module__
        return run

    return whole
