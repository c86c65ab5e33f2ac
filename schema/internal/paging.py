"""From the hub's pages, always ascending and cut, to the rows a window wants: in its order, one beyond."""

from collections.abc import Sequence
from typing import TypeVar

from schema.relay import Window

Row = TypeVar("Row")


def stretch(items: Sequence[Row], window: Window) -> list[Row]:
    """The rows in the order that was asked for."""
    return list(reversed(items)) if window.backwards else list(items)
