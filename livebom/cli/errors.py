"""How a failure reaches the person: one clear message on stderr and the documented exit code."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from livebom.bom.text import safe_text
from livebom.net.refusal import ScopeError
from livebom.net.targets import TargetErrors
from livebom.readers import ReadProblem
from livebom.settings import DataError, DataErrors

FINDINGS, USAGE, INCOMPLETE, INTERNAL, INTERRUPTED = 1, 2, 3, 4, 130

P = ParamSpec("P")


def told(verb: Callable[P, int]) -> Callable[P, None]:
    """The verb with its errors told; what it returns is the exit code."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            try:
                code = verb(*args, **kwargs)
            except BaseExceptionGroup as several:
                raise _only(several) from several
        except (TargetErrors, ScopeError, DataError, DataErrors, ReadProblem) as error:
            code = complain(str(error), USAGE)
        except KeyboardInterrupt:
            code = complain(
                "interrupted; what was seen until now is stored, and the sweep is marked incomplete", INTERRUPTED
            )
        except BrokenPipeError:
            sys.stderr.close()
            code = 0
        except OSError as error:
            code = complain(f"{error.filename or 'the output'}: {error.strerror or error}", INTERNAL)
        except _turn_errors() as error:
            code = complain(str(error), USAGE)
        except _store_errors() as error:
            code = complain(str(error), INTERNAL)
        sys.exit(code)

    return run


def complain(text: str, code: int) -> int:
    """Print the text on stderr, its lines kept and everything else made safe; returns the code."""
    for line in text.splitlines():
        click.echo(f"livebom: {safe_text(line, 2000)}", err=True)
    return code


def _only(error: BaseException) -> BaseException:
    """What a task group wrapped, where it is one error."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _store_errors() -> tuple[type[Exception], ...]:
    from livebom.store import StoreError

    return (StoreError,)


def _turn_errors() -> tuple[type[Exception], ...]:
    from livebom.surfaces import EngineError, NmapError
    from livebom.turn import ResumeError

    return (EngineError, NmapError, ResumeError)
