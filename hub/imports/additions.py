"""What an import adds to a customer, before it is written; and why some rows add nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.imports.terms import Consent, Version


class Refused(StrEnum):
    """Why a row that is understood does not land. The batch keeps the value, the rejects the sentence."""

    ERASED = "ERASED"
    OTHER_PERSON = "OTHER_PERSON"

    @property
    def sentence(self) -> str:
        """For the person who reads the rejects."""
        if self is Refused.ERASED:
            return (
                "belongs to a customer who was erased: nothing more is kept about them. Erase them in the "
                "other system too; if they came back, add them by hand"
            )
        return (
            "has the id of a customer with another name, email and phone: are these two people with one id?"
        )


@dataclass(frozen=True, slots=True)
class Text:
    """A profile value: as it is stored, and by which import (None: it was written in the hub)."""

    row_id: UUID
    text: str = field(repr=False)
    sealed: bytes | None = field(repr=False)
    import_id: UUID | None


@dataclass(frozen=True, slots=True)
class Put:
    """A profile value to write. former: what it takes the place of."""

    text: str = field(repr=False)
    row_id: UUID
    former: Text | None


@dataclass(frozen=True, slots=True)
class Intake:
    """A collection to write."""

    id: UUID
    categories: tuple[UUID, ...]
    version: Version | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Showing:
    """A delivery to write."""

    id: UUID
    version_id: UUID
    locale: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A choice to write: an opt-out, or (consent) a consent."""

    id: UUID
    kind: str
    channel: str | None
    at: datetime
    consent: Consent | None = None
    is_passed_on: bool = False
