"""How a command ends: a code that scripts branch on, and one line on stderr if something is in the way."""

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar, cast

import typer

OK: Final = 0
NEGATIVE: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 69
BROKEN: Final = 70
CONFIGURATION: Final = 78
STOPPED: Final = 130

CODES: Final = (
    "Exit codes: 0 done; 1 the answer is no; 2 the command or its input is wrong; 69 something needed is not "
    "available (database, port); 70 a fault of the hub's; 78 a setting or key is missing or wrong."
)
PASSING: Final = frozenset({"UNAVAILABLE", "OUTCOME_UNKNOWN", "IN_PROGRESS", "LIMIT", "NOT_SEALED_YET"})

Command = TypeVar("Command", bound=Callable[..., Any])


def ends(command: Command) -> Command:
    """Let a command end as promised, whatever happens in it."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except (typer.Exit, SystemExit, typer.BadParameter, typer.Abort):
            raise
        except KeyboardInterrupt:
            stop(STOPPED, "stopped")
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(OK) from None
        except Exception as error:  # noqa: BLE001 - a person gets a line, never values in a traceback
            stop(*_explain(error))

    return run  # pyright: ignore[reportReturnType] -- the same signature


def stop(code: int, said: str) -> NoReturn:
    """End with a code and one line."""
    sys.stdout.flush()
    typer.echo(f"hub: {said}", err=True)
    raise typer.Exit(code)


def _explain(error: Exception) -> tuple[int, str]:
    from hub.errors import Refusal, Unready
    from hub.postgresql import EmbeddedError

    if isinstance(error, ExceptionGroup):
        group = cast("ExceptionGroup[Exception]", error)
        return _explain(group.exceptions[0])
    if isinstance(error, Refusal):
        where = ".".join(str(part) for part in error.path)
        said = f"{error.message} ({where})" if where else error.message
        return (UNAVAILABLE if _passes(error.code.value, where) else USAGE), said
    if isinstance(error, Unready):
        said = str(error)
        return (UNAVAILABLE if said.startswith(("database: cannot", "port ")) else CONFIGURATION), said
    if isinstance(error, EmbeddedError):
        return UNAVAILABLE, str(error)
    return _explain_outside(error)


def _passes(code: str, where: str) -> bool:
    """Whether waiting helps. A limit that names what was given is kept by giving, or first ending, something else."""
    return code in PASSING and not (code == "LIMIT" and where)


def _explain_outside(error: Exception) -> tuple[int, str]:
    """Say what the machine or the database refused; what is neither is a fault of ours."""
    if isinstance(error, OSError):
        return UNAVAILABLE, f"{error.filename or type(error).__name__}: {error.strerror}"
    if "hub.act" in sys.modules:  # a command without a database loads none to say what went wrong
        from hub.act import FAILURES, refusal

        if isinstance(error, FAILURES):
            return UNAVAILABLE, refusal(error).message
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__} at {frame.filename}:{frame.lineno}"
    return BROKEN, f"a fault of the hub's ({place}); please report this line"
