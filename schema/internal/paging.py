"""From a window on a list to what the hub's verbs take, and back."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from hub.act import Ask
from hub.catalogue import Page
from schema.relay import Connection, CountedConnection, Window

Row = TypeVar("Row")
T = TypeVar("T")


def start_of(window: Window) -> UUID | None:
    """The id beyond which the page begins, of a list in the order of ids."""
    return window.start[0] if window.start else None


def page_of(window: Window) -> Page:
    """The stretch of rows to fetch, one beyond the page."""
    return Page(window.limit, start_of(window), window.backwards)


def paged(window: Window, rows: Sequence[Any], node: Callable[[Any], T]) -> Connection[T]:
    """The page of rows that are listed in the order of their ids."""
    return window.page(rows, node, lambda row: (row.id,))


def counted(
    window: Window, rows: Sequence[Any], node: Callable[[Any], T], count: Callable[[Ask], Awaitable[int]]
) -> CountedConnection[T]:
    """As `paged`, of a list that can be counted."""
    return paged(window, rows, node).counted(count)


def stretch(items: Sequence[Row], window: Window) -> list[Row]:
    """Rows that come always ascending, in the order that was asked for."""
    return list(reversed(items)) if window.backwards else list(items)
