"""What is tried of one field: an input that is accepted, and changes of it that are refused."""

import copy
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.db import new_id
from schema.relay import global_id
from tests.internal.setting import Setting, key

__all__ = [
    "NOBODY",
    "UNKNOWN",
    "UNSAID",
    "Input",
    "Mutation",
    "Query",
    "Variables",
    "about",
    "counted_page",
    "key",
    "page",
    "plain",
]

NOBODY = {"id": global_id("Customer", new_id())}
UNKNOWN = "made-up"
UNSAID = {"wording": " ", "method": "WEB"}
PAGE = "{ pageInfo { hasNextPage endCursor } edges { cursor node { %s } } }"
Input = Any
Variables = dict[str, Any]
Make = Callable[[Setting], Awaitable[Any]]


@dataclass(frozen=True)
class Mutation:
    """good: an input that is accepted. events: what it leaves. answer: what is seen at least.

    bad: changes that make it refused, with `code` at `path`; under the name "" all of the input.
    """

    good: Make
    select: str
    events: tuple[str, ...]
    bad: Mapping[str, Any]
    code: str
    path: tuple[str, ...]
    answer: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Query:
    """good: variables that are answered. seen: what the field has at least, of a page its last node; "": all.

    bad: changes that make it refused, with `code` at `place`; without a code it cannot be refused.
    """

    document: str
    good: Make
    seen: Mapping[str, Any]
    bad: Variables
    code: str
    place: tuple[str, ...]


def about(**given: Any) -> Make:
    """An input about a new customer."""

    async def make(at: Setting) -> Input:
        return {"customer": await at.ref(), **given}

    return make


def plain(**given: Any) -> Make:
    """The same each time, but for what is made by calling."""

    async def make(at: Setting) -> Input:
        del at
        return {name: each() if callable(each) else copy.deepcopy(each) for name, each in given.items()}

    return make


def page(select: str) -> str:
    """The selection of a list."""
    return PAGE % select


def counted_page(select: str) -> str:
    """The selection of a list that counts itself."""
    return PAGE.replace("{", "{ totalCount", 1) % select
