"""How an input names a thing: by its key inside the organisation (lower case), or by its opaque id.

Every id begins with a capital letter, every key with a small one or a digit: nothing can be both.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import strawberry

from hub.act import Ask
from hub.errors import Refusal
from schema.relay import uuid_of

Reference = strawberry.ID
"""A key such as `referral`, or an id as it was given."""

Read = Callable[..., Awaitable[Any]]
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def reference(given: str, kind: str, *path: str | int) -> UUID | str:
    """The key itself, or the UUID inside an id of this kind. Raises Refusal(INVALID) with the path."""
    return given if _KEY.fullmatch(given) else uuid_of(given, kind, *path)


def optional(given: str | None, kind: str, *path: str | int) -> UUID | str | None:
    """As `reference`; None where nothing is given. An empty text is something, and names nothing."""
    return None if given is None else reference(given, kind, *path)


def optional_id(given: str | None, kind: str, *path: str | int) -> UUID | None:
    """The UUID inside an id of this kind; None where nothing is given."""
    return None if given is None else uuid_of(given, kind, *path)


async def row_id(read: Read, ask: Ask, given: str | None, kind: str, place: str) -> UUID | None:
    """The id of the row that is named in either way; None where nothing is given.

    read: the hub's verb that reads one by id or key. Refusals: INVALID and NOT_FOUND with the place.
    """
    return None if given is None else (await read(ask, reference(given, kind, place), place)).id


def references(given: Sequence[str], kind: str, *path: str | int) -> list[UUID | str]:
    """As `reference` for each of a list; the path ends with the place."""
    return [reference(each, kind, *path, place) for place, each in enumerate(given)]


def category_names(given: Iterable[str]) -> dict[str, UUID | str]:
    """Each way a category was named, and what it stands for; what cannot name one is left out."""
    names: dict[str, UUID | str] = {}
    for each in given:
        try:
            names[each] = reference(each, "Category", "categories")
        except Refusal:
            continue
    return names
