"""Datasets: what a system holds, as fideslang files describe it, and the one map of what happens to each field.

The files are those of the fides ecosystem. What the format has no place for stands under `meta.privacy_hub` of a
dataset, which it leaves free::

    meta:
      privacy_hub:
        keep: {invoices: {ground: tax_records, until: 2031-12-31}}
        restrict: {customers.is_restricted: {set: true, lift: false}}

Export, correction and erasure all read `Collection.fields`; `Collection.strategy` alone says how a field is erased.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, NamedTuple

from workers.connectors.connector import Kept


class CollectionName(NamedTuple):
    """A collection among all datasets."""

    dataset: str
    collection: str

    def __str__(self) -> str:
        return f"{self.dataset}.{self.collection}"


class FieldName(NamedTuple):
    """A field among all datasets."""

    dataset: str
    collection: str
    field: str

    @property
    def owner(self) -> CollectionName:
        """The collection it belongs to."""
        return CollectionName(self.dataset, self.collection)

    def __str__(self) -> str:
        return f"{self.dataset}.{self.collection}.{self.field}"


class Unusable(Exception):
    """Datasets that cannot be worked with; problems: each says where and what, never a value of anybody's."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class How(StrEnum):
    """What an erasure does to a field, in the words of evidence."""

    DELETE = "deleted"
    NULL = "emptied"
    REPLACE = "replaced"
    HASH = "hashed"
    RANDOM = "randomised"
    KEEP = "kept"


@dataclass(frozen=True, slots=True)
class Strategy:
    """How one field is erased. value: of REPLACE. ground, until: of KEEP, which has no end without `until`."""

    how: How
    value: Any = None
    ground: str = ""
    until: date | None = None


NULL: Final = Strategy(How.NULL)
DELETE: Final = Strategy(How.DELETE)


class Direction(StrEnum):
    """Which way a reference is followed: FROM the field it names to the one it stands at, or TO it."""

    FROM = "from"
    TO = "to"


@dataclass(frozen=True, slots=True)
class Reference:
    """Another field that holds equal values. direction: None may be followed both ways."""

    target: FieldName
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A column, or a field of a document. identity: the kind of identity it holds. erasing: what the file says."""

    name: str
    categories: tuple[str, ...] = ()
    identity: str | None = None
    is_primary: bool = False
    is_read_only: bool = False
    data_type: str | None = None
    length: int | None = None
    references: tuple[Reference, ...] = ()
    erasing: Strategy | None = None
    is_nested: bool = False

    @property
    def is_personal(self) -> bool:
        """Whether it says something about a person, by its categories."""
        return any(category.split(".")[0] == "user" for category in self.categories)


@dataclass(frozen=True, eq=False)
class Collection:
    """A table. is_deleted: its rows are erased whole. kept: not before a day, whatever the fields say."""

    name: CollectionName
    fields: Mapping[str, Field]
    is_deleted: bool = False
    is_skipped: bool = False
    kept: Strategy | None = None
    after: tuple[CollectionName, ...] = ()
    erase_after: tuple[CollectionName, ...] = ()

    def strategy(self, name: str, on: date) -> Strategy | None:
        """How a field is erased on this day; None: it stays, as it says nothing about a person."""
        beneath = DELETE if self.is_deleted else self._of_field(self.fields[name], on)
        if beneath and self.kept and _holds(self.kept, on):
            return self.kept
        return beneath

    def _of_field(self, of: Field, on: date) -> Strategy | None:
        if of.erasing and (of.erasing.how is not How.KEEP or _holds(of.erasing, on)):
            return of.erasing
        if not of.is_personal and not of.erasing:
            return None
        if of.is_primary or of.is_read_only:
            return Strategy(How.KEEP, ground="primary_key" if of.is_primary else "read_only")
        return NULL

    def erasure(self, on: date) -> dict[str, Strategy]:
        """What an erasure does on this day, to each field that it concerns."""
        found = {name: self.strategy(name, on) for name in self.fields}
        return {name: strategy for name, strategy in found.items() if strategy}

    def keeping(self, on: date, rows: int) -> list[Kept]:
        """What an erasure leaves of so many rows on this day, by ground."""
        stays = {name: each for name, each in self.erasure(on).items() if each.how is How.KEEP}
        return [
            Kept(*self.name, tuple(n for n, each in stays.items() if each == of), of.ground, rows, of.until)
            for of in dict.fromkeys(stays.values())
        ]

    def is_emptied(self, on: date) -> bool:
        """Whether rows are deleted on this day."""
        return self.is_deleted and not (self.kept and _holds(self.kept, on))

    @cached_property
    def primary(self) -> tuple[str, ...]:
        """The fields of the primary key, as far as the file names them."""
        return tuple(name for name, of in self.fields.items() if of.is_primary)

    @cached_property
    def categories(self) -> Mapping[str, tuple[str, ...]]:
        """The categories of each field."""
        return {name: of.categories for name, of in self.fields.items()}

    def targets(self, target: str) -> tuple[str, ...]:
        """The fields that a correction reaches: by category, or by `dataset.collection.field`."""
        return tuple(
            name
            for name, of in self.fields.items()
            if target in of.categories or target == str(FieldName(*self.name, name))
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """How one field tells that a person's data are restricted: the value then, and the value otherwise."""

    set: Any
    lift: Any


@dataclass(frozen=True, slots=True)
class Dataset:
    """What one system holds. namespace: the database schema of its tables, where it is not the default one.

    is_away: its system is switched off: others may refer to it, and nothing leads through it.
    """

    key: str
    collections: Mapping[str, Collection]
    marks: Mapping[FieldName, Mark] = field(default_factory=dict[FieldName, Mark])
    namespace: str | None = None
    is_away: bool = False

    @property
    def as_asked(self) -> "Dataset":
        """As it is asked: of one that is away, nothing."""
        if not self.is_away:
            return self
        return replace(
            self,
            collections={name: replace(each, is_skipped=True) for name, each in self.collections.items()},
        )

    @property
    def refers_to(self) -> frozenset[str]:
        """The other datasets that it names."""
        named = {
            name.dataset
            for made in self.collections.values()
            for name in (
                *made.after,
                *made.erase_after,
                *(r.target for f in made.fields.values() for r in f.references),
            )
        }
        return frozenset(named - {self.key})


def _holds(keeping: Strategy, on: date) -> bool:
    """Whether a ground to keep is still one; the day named is the last."""
    return keeping.until is None or on <= keeping.until
