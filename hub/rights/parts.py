"""Parts of a copy: what one system holds about a person, row by row, as lines of JSON, with a shape beside them.

A line is ``{"n":2,"v":{...}}``: a row of the collection with this number. The shape says which collection that is, how
many rows it has, and of which categories its fields are; it holds no value of anybody's. What a law never lets out
(``withheld.toml``) is left out here, before anything is written, and the shape says that it was.
"""

import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

import orjson

from hub.errors import Code, Refusal
from hub.rights.requests import Request
from hub.vault import DataKey

COLLECTIONS_MOST: Final = 1_000
FIELDS_MOST: Final = 1_000
_OPTIONS: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
_NUMBER: Final = b'{"n":'
_VALUES: Final = b',"v":'
_WITHHELD: Final[dict[str, Any]] = tomllib.loads(
    files(__package__ or "hub.rights").joinpath("withheld.toml").read_text("utf-8")
)


@dataclass(frozen=True, slots=True)
class Held:
    """One row as a system gives it. categories: of each field, from the fideslang taxonomy."""

    collection: str
    values: Mapping[str, Any] = field(repr=False)
    categories: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the parts of a copy go: the request they are of, and the key under which they are sealed."""

    request: Request
    key: DataKey = field(repr=False)


@dataclass(slots=True)
class Shape:
    """What a collection of a part is like. withheld: fields that the law never lets out."""

    collection: str
    rows: int = 0
    fields: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    withheld: list[str] = field(default_factory=list[str])


class Writing:
    """Turns rows into lines, and remembers their shape."""

    def __init__(self, jurisdictions: Sequence[str]) -> None:
        self._never = withheld(jurisdictions)
        self._numbers: dict[str, int] = {}
        self.shapes: list[Shape] = []

    def line(self, row: Held) -> bytes:
        """One row as it is written; Refusal TOO_LARGE for more collections or fields than a reader could take."""
        number = self._numbers.setdefault(row.collection, len(self.shapes))
        if number == len(self.shapes):
            self.shapes.append(Shape(row.collection))
        if number >= COLLECTIONS_MOST or len(row.values) > FIELDS_MOST:
            raise Refusal(Code.TOO_LARGE, "This system has too many collections or fields for a copy.")
        shape = self.shapes[number]
        shape.rows += 1
        values = row.values
        if not isinstance(values, dict) or not values.keys() <= shape.fields.keys():
            values = {name: value for name, value in values.items() if self._is_let_out(shape, row, name)}
        return orjson.dumps({"n": number, "v": values}, default=str, option=_OPTIONS)

    def _is_let_out(self, shape: Shape, row: Held, name: str) -> bool:
        if name in shape.fields:
            return True
        if name in shape.withheld:
            return False
        categories = list(row.categories.get(name, ()))
        is_let_out = not any(is_below(each, above) for each in categories for above in self._never)
        if is_let_out:
            shape.fields[name] = categories
        else:
            shape.withheld.append(name)
        return is_let_out


def sorted_lines(content: bytes) -> dict[int, list[bytes]]:
    """The lines of a whole part by the number of their collection, in their order; `values_of` reads one."""
    found: dict[int, list[bytes]] = {}
    for line in content.removesuffix(b"\n").split(b"\n"):
        number = int(line[len(_NUMBER) : line.index(b",")])
        found.setdefault(number, []).append(line)
    return found


def values_of(line: bytes) -> dict[str, Any]:
    """The values of a row."""
    return orjson.loads(line)["v"]


def raw_values_of(line: bytes) -> bytes:
    """The values of a row, as JSON."""
    return line[line.index(_VALUES) + len(_VALUES) : -1]


async def lines_of(
    chunks: AsyncIterator[bytes], number: int | None = None
) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    """Read the rows of a part again, or those of one collection: its number, and the values."""
    wanted = b"" if number is None else b"%s%d," % (_NUMBER, number)
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(wanted):
                row = orjson.loads(line)
                yield row["n"], row["v"]


def withheld(jurisdictions: Sequence[str]) -> tuple[str, ...]:
    """What is never returned under any of these laws."""
    return tuple(each for place in jurisdictions for each in _WITHHELD.get(place, {}).get("categories", ()))


def is_below(category: str, above: str) -> bool:
    """Whether a category is this one or below it."""
    return category == above or category.startswith(f"{above}.")


def upwards(category: str) -> Iterator[str]:
    """A category and all that it is below, the nearest first."""
    while category:
        yield category
        category = category.rpartition(".")[0]
