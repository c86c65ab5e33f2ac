"""What an activity is said to be: the record of GDPR art 30(1) and what the other laws add to it, checked.

Lists that were never stated are None, which is not the same as "none": an authority is told either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise.models import Model

from hub import catalogue, inputs
from hub.act import Act
from hub.arrangements import Safeguard
from hub.catalogue import Ref
from hub.inputs import KEEP, Keep
from hub.models import Category, Department, NoticeVersion, Recipient, RecipientClass

WHERE = "description"


class Handover(StrEnum):
    """Whether the file is passed on to third parties (Law 09-08 art 15(i))."""

    NEVER = "NEVER"
    FREE = "FREE"
    PAID = "PAID"


class Circumstance(StrEnum):
    """What is so about an activity and changes which formality it needs."""

    CREDIT_REPORTING = "credit_reporting"
    CHILDREN = "children"
    EXCLUSION_SCORING = "exclusion_scoring"
    CODE_OF_CONDUCT = "code_of_conduct"


class Tool(StrEnum):
    """What an organisation keeps ready to live up to its register."""

    CHARTER = "charter"
    NOTICE = "notice"
    MONITORING = "monitoring"
    TRAINING = "training"
    STANDARD_CLAUSES = "standard_clauses"
    PAIA_MANUAL = "paia_manual"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Data goes to a country. authorisation: the number under which the authority allowed it."""

    country: str
    safeguard: str = Safeguard.NONE
    authorisation: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of an activity; KEEP says nothing. None, where it is allowed: not stated any more.

    categories: besides those of the purposes. rights_contact: where and how people use their rights.
    interconnections: other bodies' files it is matched with. toolbox: a note per `Tool`.
    """

    joint_controllers: Sequence[str] | Keep = KEEP
    officer: str | Keep = KEEP
    officer_registration: str | Keep = KEEP
    people: Sequence[str] | Keep = KEEP
    categories: Sequence[Ref] | Keep = KEEP
    recipients: Sequence[Ref] | Keep | None = KEEP
    recipient_classes: Sequence[Ref] | Keep | None = KEEP
    processors: Sequence[Ref] | Keep | None = KEEP
    transfers: Sequence[Transfer] | Keep | None = KEEP
    interconnections: Sequence[str] | Keep | None = KEEP
    handover: str | Keep | None = KEEP
    retention: str | Keep = KEEP
    security: str | Keep = KEEP
    rights_contact: str | Keep = KEEP
    basis_note: str | Keep = KEEP
    notice_version: UUID | Keep | None = KEEP
    departments: Sequence[Ref] | Keep = KEEP
    circumstances: Mapping[str, bool] | Keep = KEEP
    toolbox: Mapping[str, str] | Keep = KEEP


SENTENCES = ("officer", "officer_registration", "rights_contact")
PARAGRAPHS = ("retention", "security", "basis_note")
LINES = ("joint_controllers", "people", "interconnections")
REFERENCES: Mapping[str, type[Model]] = {
    "categories": Category,
    "recipients": Recipient,
    "recipient_classes": RecipientClass,
    "processors": Recipient,
    "departments": Department,
}
NOT_STATED: Mapping[str, Any] = {"categories": [], "departments": []}
"""Columns of a new activity that have no default of their own."""


async def columns(act: Act, said: Description, towards: UUID) -> dict[str, Any]:
    """Check what is said and return it by column. Refusals: INVALID, NOT_FOUND for what it names."""
    found = {name: _plain(name, getattr(said, name)) for name in _CHECKS if _is_said(said, name)}
    for name, kind in REFERENCES.items():
        if _is_said(said, name):
            found[name] = await _ids(act, kind, name, getattr(said, name), towards)
    if not isinstance(said.notice_version, Keep):
        found["notice_version_id"] = await _version(act, said.notice_version, towards)
    return found


def _is_said(said: Description, name: str) -> bool:
    return not isinstance(getattr(said, name), Keep)


async def _ids(
    act: Act, kind: type[Model], name: str, wanted: Sequence[Ref] | None, towards: UUID
) -> list[UUID] | None:
    if wanted is None:
        return None
    some = inputs.distinct(wanted, WHERE, name)
    owner = None if kind is Category else towards
    rows = await catalogue.resolve(act, kind, some, WHERE, name, organisation=owner)
    return list(dict.fromkeys(row.pk for row in rows))


async def _version(act: Act, wanted: UUID | None, towards: UUID) -> UUID | None:
    if wanted is None:
        return None
    place = (WHERE, "notice_version")
    return (await catalogue.read(act, NoticeVersion, wanted, *place, organisation=towards)).id


def _plain(name: str, value: Any) -> Any:
    return None if value is None else _CHECKS[name](name, value)


def _sentence(name: str, value: str) -> str:
    return inputs.text(value, WHERE, name, most=inputs.SENTENCE_LENGTH, empty=True)


def _paragraph(name: str, value: str) -> str:
    return inputs.text(value, WHERE, name, empty=True)


def _lines(name: str, values: Sequence[str]) -> list[str]:
    some = [inputs.line(value, WHERE, name, place) for place, value in enumerate(values)]
    inputs.unlike(some, "line", WHERE, name)
    return inputs.distinct(some, WHERE, name)


def _handover(name: str, value: str) -> str:
    return inputs.choice(Handover, value, WHERE, name).value


def _transfers(name: str, values: Sequence[Transfer]) -> list[dict[str, Any]]:
    found = [_transfer(each, WHERE, name, place) for place, each in enumerate(values)]
    inputs.unlike([each["country"] for each in found], "country", WHERE, name)
    return found


def _transfer(given: Transfer, *path: str | int) -> dict[str, Any]:
    number = given.authorisation
    return {
        "country": inputs.country(given.country, *path, "country"),
        "safeguard": inputs.choice(Safeguard, given.safeguard, *path, "safeguard").value,
        "authorisation": None if number is None else inputs.line(number, *path, "authorisation"),
    }


def _circumstances(name: str, values: Mapping[str, bool]) -> dict[str, bool]:
    return {inputs.choice(Circumstance, key, WHERE, name).value: bool(so) for key, so in values.items()}


def _toolbox(name: str, values: Mapping[str, str]) -> dict[str, str]:
    return {
        inputs.choice(Tool, key, WHERE, name).value: inputs.text(note, WHERE, name, key)
        for key, note in values.items()
    }


_CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(SENTENCES, _sentence),
    **dict.fromkeys(PARAGRAPHS, _paragraph),
    **dict.fromkeys(LINES, _lines),
    "handover": _handover,
    "transfers": _transfers,
    "circumstances": _circumstances,
    "toolbox": _toolbox,
}
