"""Disputed notes: what a customer says about a value that was not corrected. It goes wherever the value goes.

A note belongs to the fields that the refused correction named; one that named none is about the whole record. It is
sealed under the customer's key, shown with what is revealed, handed over with what is passed on, and gone when they
are erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from hub import merges
from hub.act import Act, Ask
from hub.db import new_id
from hub.vault import DataKey

NOTE_CHARACTERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Note:
    """A note. fields: of the profile; none: about the whole record. text: None where it is not opened."""

    id: UUID
    customer_id: UUID
    request_id: UUID
    fields: tuple[str, ...]
    noted_at: datetime
    text: str | None = field(default=None, repr=False)

    def is_about(self, name: str) -> bool:
        """Whether it goes with a field of the profile."""
        return name in self.fields


_ADD: Final = """
    INSERT INTO disputed_note (id, organisation_id, customer_id, request_id, fields, sealed, noted_at, act_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_OF: Final = """
    SELECT n.id, n.customer_id, n.request_id, n.fields, n.noted_at, n.sealed, k.wrapped
    FROM disputed_note n JOIN keys.customer_key k ON k.customer_id = n.customer_id
    WHERE n.customer_id = ANY ($1) AND n.organisation_id = $2 ORDER BY n.customer_id, n.noted_at, n.id
"""
_THERE: Final = "SELECT EXISTS (SELECT FROM disputed_note WHERE request_id = $1)"


@dataclass(frozen=True, slots=True)
class About:
    """What a new note is about."""

    organisation_id: UUID
    customer_id: UUID
    request_id: UUID
    fields: Sequence[str]


async def add(act: Act, about: About, key: DataKey, text: str) -> UUID:
    """Seal and keep a note, leaving the record to the caller."""
    note_id = new_id()
    sealed = key.seal("disputed_note", "sealed", note_id, text)
    await act.execute(
        _ADD, note_id, about.organisation_id, about.customer_id, about.request_id, sorted(about.fields), sealed,
        act.at, act.id,
    )  # fmt: skip
    return note_id


async def is_there(ask: Ask, request_id: UUID) -> bool:
    """Whether a request has its note already."""
    return bool(await ask.value(_THERE, request_id))


async def of_person(ask: Ask, customer_id: UUID, organisation_id: UUID) -> list[Note]:
    """Open the notes on every record that was merged into one: they travel with what is passed on of any."""
    family = (await merges.families(ask, [customer_id]))[customer_id]
    found = await of_many(ask, family, organisation_id, is_opened=True)
    return [note for notes in found.values() for note in notes]


async def of_many(
    ask: Ask, ids: Sequence[UUID], organisation_id: UUID, *, is_opened: bool = False
) -> dict[UUID, tuple[Note, ...]]:
    """Read the notes of many customers by one statement; opened only for who reveals or passes on the values."""
    found: dict[UUID, list[Note]] = {customer_id: [] for customer_id in ids}
    for row in await ask.rows(_OF, list(ids), organisation_id):
        text = None
        if is_opened:
            key = ask.hub.vault.unwrap(row["customer_id"], row["wrapped"])
            text = key.open_text("disputed_note", "sealed", row["id"], row["sealed"])
        note = Note(
            row["id"], row["customer_id"], row["request_id"], tuple(row["fields"]), row["noted_at"], text
        )
        found[note.customer_id].append(note)
    return {customer_id: tuple(notes) for customer_id, notes in found.items()}
