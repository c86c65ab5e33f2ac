"""Where in the input a refusal points: the hub speaks of its own arguments, a client of what it sent."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from hub.errors import Refusal

MARKS = ("locale", "field")
"""What distinguishes the items of lists that the hub knows as mappings."""
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
    inside: Any = given
    for step in place:
        items: list[Any] = cast("list[Any]", inside) if isinstance(inside, list) else []
        number = _number(items, step)
        found.append(step if number is None else number)
        inside = getattr(cast("object", inside), str(step), None) if number is None else items[number]
    return tuple(found)


def _number(items: list[Any], step: str | int) -> int | None:
    """Where in a list an item stands that is named by its place or its mark; None if none does."""
    if isinstance(step, int):
        return step if step < len(items) else None
    marked = (at for at, item in enumerate(items) if any(getattr(item, mark, None) == step for mark in MARKS))
    return next(marked, None)
