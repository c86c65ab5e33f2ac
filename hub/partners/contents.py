"""Contents: what a partner gets of a customer: addresses, numbers and profile values of the categories it is for.

An address or a number is of the category ``contact``. Other systems' ids go to nobody: two partners could join their
lists by them. What the customer notes about a value that was not corrected goes with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from hub.act import Ask
from hub.db import listed
from hub.framing import Column
from hub.partners.offers import Offer
from hub.vault import DataKey

CONTACT: Final = "contact"
KINDS: Final = ("EMAIL", "PHONE")
"""Of identifiers those that go. Fields have a dot in their names, and no kind has."""
_VALUE: Final = Column.of("profile_value", "sealed")
_IDENTIFIER: Final = Column.of("identifier", "sealed")


@dataclass(slots=True)
class Contents:
    """What is handed over of one customer. fields: by ``category.field``. notes: each with the fields it is about."""

    emails: list[str] = field(default_factory=list[str], repr=False)
    phones: list[str] = field(default_factory=list[str], repr=False)
    fields: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    notes: list[tuple[tuple[str, ...], str]] = field(
        default_factory=list[tuple[tuple[str, ...], str]], repr=False
    )


Whose = Mapping[UUID, tuple[DataKey, Sequence[UUID]]]
"""Customers, what opens their values, and the ids of the categories that may be seen of them."""

_VALUES: Final = "SELECT * FROM offered_values($1::text::uuid[], $2, $3, $4)"


async def of_many(ask: Ask, offer: Offer, whose: Whose) -> dict[UUID, Contents]:
    """Open what is offered of these customers, by one statement."""
    rows = await ask.rows(_VALUES, listed(whose), offer.organisation_id, *offered(offer))
    return opened(offer, whose, [tuple(row) for row in rows])


def offered(offer: Offer) -> tuple[list[UUID], bool]:
    """What the database reads by: the categories, and whether addresses and numbers are among them."""
    return list(offer.categories), CONTACT in offer.categories.values()


def opened(offer: Offer, whose: Whose, rows: Iterable[Sequence[Any]]) -> dict[UUID, Contents]:
    """Open what the database's offered_values read of these customers."""
    layouts, found, notes = _Layouts(offer.categories), dict[UUID, Contents](), list[Sequence[Any]]()
    for customer_id, marks, ids, sealed, about in rows:
        if about is not None:
            notes.append((customer_id, about, ids, sealed))
        else:
            key, going = whose[customer_id]
            found[customer_id] = _opened(key, layouts.of(marks, going), ids, sealed)
    for each in whose.keys() - found.keys():
        found[each] = Contents()
    for customer_id, *note in notes:
        _put_notes(found[customer_id], whose[customer_id][0], *note)
    return found


class Layout(NamedTuple):
    """Which of a customer's values go, and where among those each is. cells: of which column each is, of those that go.

    going: the places of those that go, None: all of them. fields: by name, in order.
    """

    going: Sequence[int] | None
    cells: Sequence[Column]
    fields: Sequence[tuple[str, int]]
    emails: Sequence[int]
    phones: Sequence[int]


class _Layouts:
    """Most customers have the same values: how they lie is found once for all of those."""

    def __init__(self, keys: Mapping[UUID, str]) -> None:
        self._categories = [(each, key) for each, key in keys.items()]
        self.contact = next((each for each, key in self._categories if key == CONTACT), None)
        self._known: dict[int, tuple[Sequence[UUID], dict[str, Layout]]] = {}

    def of(self, marks: str, going: Sequence[UUID]) -> Layout:
        """Of the values so marked those of the categories that go. Each list of these is kept, and so is its number."""
        _, known = self._known.setdefault(id(going), (going, {}))
        found = known.get(marks)
        if found is None:
            found = known[marks] = self._layout(marks.split(" "), going)
        return found

    def _layout(self, marks: Sequence[str], going: Sequence[UUID]) -> Layout:
        read = [self._read(each) for each in marks]
        taken = [at for at, (category, _, _) in enumerate(read) if category in going]
        named = [(name, at) for at, (_, _, name) in enumerate([read[each] for each in taken])]
        return Layout(
            None if len(taken) == len(marks) else taken,
            [read[each][1] for each in taken],
            sorted([(name, at) for name, at in named if name not in KINDS]),
            *[[at for name, at in named if name == kind] for kind in KINDS],
        )

    def _read(self, mark: str) -> tuple[UUID | None, Column, str]:
        """The category of a value, its column, and its name: a field's, or a kind of identifier."""
        if mark in KINDS:
            return self.contact, _IDENTIFIER, mark
        place, _, name = mark.partition(".")
        category, key = self._categories[int(place) - 1]
        return category, _VALUE, f"{key}.{name}"


def _opened(key: DataKey, layout: Layout, ids: Sequence[str], sealed: Sequence[bytes]) -> Contents:
    going, cells, fields, emails, phones = layout
    if going is not None:
        ids, sealed = [ids[at] for at in going], [sealed[at] for at in going]
    texts = key.open_texts(cells, ids, sealed)
    return Contents(
        sorted([texts[at] for at in emails]),
        sorted([texts[at] for at in phones]),
        {name: texts[at] for name, at in fields},
    )


def _put_notes(
    one: Contents, key: DataKey, about: Sequence[str], ids: Sequence[str], several: Sequence[bytes]
) -> None:
    """A note goes with the fields that are handed over of those it names; one that names none is about all of them."""
    for row_id, names, sealed in zip(ids, about, several, strict=True):
        named = names.split()
        going = tuple([each for each in one.fields if each.partition(".")[2] in named or each in named])
        if going or not named:
            one.notes.append((going, key.open_text("disputed_note", "sealed", row_id, sealed)))
