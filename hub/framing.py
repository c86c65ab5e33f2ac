"""Framing: parts put together without ambiguity, each preceded by its length, to name cells and to be authenticated."""

from functools import lru_cache
from typing import NamedTuple, Self
from uuid import UUID

UUID_CHARACTERS = 36


def cell(table: str, column: str, row_id: UUID | str) -> bytes:
    """Name a cell."""
    return column_named(table, column) + row_named(str(row_id))


@lru_cache(1_024)
def column_named(table: str, column: str) -> bytes:
    """The beginning of its cells' names."""
    return framed(table, column)


@lru_cache(1_024)
def rows_named(table: str, column: str) -> bytes:
    """The beginning of the names of its cells in rows that a UUID names: the UUID as text follows."""
    return column_named(table, column) + UUID_CHARACTERS.to_bytes(4, "big")


class Column(NamedTuple):
    """Where many cells lie. rows: the beginning of their names, in rows that a UUID names."""

    table: str
    name: str
    rows: bytes

    @classmethod
    def of(cls, table: str, name: str) -> Self:
        """By its name."""
        return cls(table, name, rows_named(table, name))


def row_named(row_id: str) -> bytes:
    """The end of its cells' names."""
    named = row_id.encode()
    return len(named).to_bytes(4, "big") + named


def framed(*parts: str | bytes) -> bytes:
    """Put parts together."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in map(octets, parts))


def octets(text: str | bytes) -> bytes:
    """Text as UTF-8."""
    return text.encode() if isinstance(text, str) else text
