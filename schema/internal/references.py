"""How an input names a thing: by its key inside the organisation (lower case), or by its opaque id.

Every id begins with a capital letter, every key with a small one or a digit: nothing can be both.
"""

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

import strawberry

from hub.errors import Refusal
from schema.relay import uuid_of

Reference = strawberry.ID
"""A key such as `referral`, or an id as it was given."""

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def reference(given: str, kind: str, *path: str | int) -> UUID | str:
    """The key itself, or the UUID inside an id of this kind. Raises Refusal(INVALID) with the path."""
    return given if _KEY.fullmatch(given) else uuid_of(given, kind, *path)


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
