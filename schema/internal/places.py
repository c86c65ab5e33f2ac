"""Where in the input a refusal points: the hub speaks of its own arguments, a client of what it sent."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from hub.errors import Refusal

Place = tuple[str | int, ...]


@contextmanager
def within(
    given: Any, *path: str | int, moved: Mapping[str, tuple[str, ...]] | None = None
) -> Generator[None]:
    """Let refusals point into `given`, the input that stands at `path`.

    moved: where an argument of the hub stands in the input, when it does not stand at its top under its name.
    """
    try:
        yield
    except Refusal as refusal:
        place: Place = refusal.path
        if place and moved and place[0] in moved:
            place = (*moved[str(place[0])], *place[1:])
        raise Refusal(refusal.code, refusal.message, (*path, *_placed(given, place))) from None


def _placed(given: Any, place: Place) -> Place:
    """The same place with numbers where the hub names an item of a list by what distinguishes it."""
    found: list[str | int] = []
    for step in place:
        number = _number(given, step) if isinstance(given, list) else None
        found.append(step if number is None else number)
        given = _inside(given, found[-1])
    return tuple(found)


def _number(items: list[Any], step: str | int) -> int | None:
    marks = ("locale", "field")
    if isinstance(step, int):
        return step
    return next(
        (at for at, item in enumerate(items) if any(getattr(item, mark, None) == step for mark in marks)), None
    )


def _inside(given: Any, step: str | int) -> Any:
    if isinstance(given, list) and isinstance(step, int) and step < len(given):
        return given[step]  # pyright: ignore[reportUnknownVariableType] -- inputs of any kind
    return getattr(given, step, None) if isinstance(step, str) else None
