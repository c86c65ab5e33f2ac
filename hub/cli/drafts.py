"""What is supposed, from options and from a JSON file that anybody may have written.

The file holds any of `version`, `recipient`, `arrangement`, `purpose` and `grade`, in the words of
`hub.supposing.Draft`; things are named by key or id.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from hub import notices, recipients
from hub.act import Ask
from hub.cli.ids import ref
from hub.cli.json_input import UnreadableError, parse, placed
from hub.errors import invalid, not_found
from hub.scope import organisation
from hub.supposing import Draft, NewArrangement, NewPurpose, NewRecipient

SIZE_BYTES: Final = 1024 * 1024
_PLACE: Final = re.compile(r"(?P<message>.*?)(?: - at `\$\.?(?P<place>.*)`)?")


class _Recipient(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    country: str
    classes: list[str] = []


class _Arrangement(msgspec.Struct, forbid_unknown_fields=True):
    recipient: str
    kind: str
    starts_on: date
    purposes: list[str]
    categories: list[str]
    country: str
    safeguard: str = "NONE"
    ends_on: date | None = None


class _Purpose(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    kind: str
    categories: list[str]
    departments: list[str] = []
    bases: dict[str, str] = {}
    relations: dict[str, str] = {}
    retention_months: int | None = None


class Drafted(msgspec.Struct, forbid_unknown_fields=True):
    """What a file supposes."""

    version: str | None = None
    grade: str | None = None
    recipient: _Recipient | None = None
    arrangement: _Arrangement | None = None
    purpose: _Purpose | None = None


def read_draft(file: Path | None) -> Drafted:
    """Read a file; UnreadableError where it is not JSON, Refusal INVALID where it is no draft; both name the place."""
    if file is None:
        return Drafted()
    try:
        said = parse(_start(file), SIZE_BYTES)
    except UnreadableError as error:
        raise UnreadableError(*placed(error, file=str(file))) from None
    try:
        return msgspec.convert(said, Drafted)
    except msgspec.ValidationError as error:
        found = _PLACE.fullmatch(str(error))
        message = found["message"] if found else str(error)
        place = found["place"] if found and found["place"] else ""
        raise invalid(f"{message}.", str(file), *([place] if place else [])) from None


def _start(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(SIZE_BYTES + 1)


async def draft_of(ask: Ask, drafted: Drafted) -> Draft:
    """Resolve what a draft names."""
    return Draft(
        version=None if drafted.version is None else await _version(ask, drafted.version),
        recipient=None if drafted.recipient is None else await _recipient(ask, drafted.recipient),
        arrangement=None if drafted.arrangement is None else _arrangement(drafted.arrangement),
        purpose=None if drafted.purpose is None else _purpose(drafted.purpose),
        grade=drafted.grade.upper() if drafted.grade else None,
    )


async def described(ask: Ask, draft: Draft) -> tuple[Mapping[str, Any], ...]:
    """Say what a draft supposes, one thing after the other, for a report."""
    found: list[Mapping[str, Any]] = []
    if draft.purpose:
        found.append({"kind": "purpose", "key": draft.purpose.key})
    if draft.recipient:
        found.append({"kind": "recipient", "key": draft.recipient.key, "country": draft.recipient.country})
    if draft.arrangement:
        made = draft.arrangement
        found.append({"kind": "arrangement", "recipient": made.recipient, "starts_on": made.starts_on})
    if draft.version:
        version = await notices.read_version(ask, draft.version, "draft", "version")
        notice = (await notices.by_ids(ask, [version.notice_id]))[version.notice_id]
        found.append({"kind": "version", "notice": notice.name, "number": version.number})
    if draft.grade:
        found.append({"kind": "grade", "grade": draft.grade})
    return tuple(found)


async def _version(ask: Ask, said: str) -> UUID:
    """A version by its id, or by its notice's key and its number."""
    found = ref(said)
    if isinstance(found, UUID):
        return (await notices.read_version(ask, found, "draft", "version")).id
    key, colon, number = said.rpartition(":")
    if not (colon and number.isascii() and number.isdigit()):
        raise invalid(
            "Name the version by its notice and number, as in `clients:4`, or by its id.", "draft", "version"
        )
    notice = await notices.read(ask, ref(key), "draft", "version", organisation=organisation(ask, None))
    for version in (await notices.versions_of(ask, [notice.id])).get(notice.id, []):
        if version.number == int(number):
            return version.id
    raise not_found("version", "draft", "version")


async def _recipient(ask: Ask, said: _Recipient) -> NewRecipient:
    where = ("draft", "recipient", "classes")
    owner = organisation(ask, None)
    classes = [
        (await recipients.read_class(ask, ref(each), *where, place, organisation=owner)).id
        for place, each in enumerate(said.classes)
    ]
    return NewRecipient(said.key, said.country, classes)


def _arrangement(said: _Arrangement) -> NewArrangement:
    return NewArrangement(
        recipient=ref(said.recipient),
        kind=said.kind.upper(),
        starts_on=said.starts_on,
        purposes=_refs(said.purposes),
        categories=_refs(said.categories),
        country=said.country,
        safeguard=said.safeguard.upper(),
        ends_on=said.ends_on,
    )


def _purpose(said: _Purpose) -> NewPurpose:
    return NewPurpose(
        key=said.key,
        kind=said.kind.upper(),
        categories=_refs(said.categories),
        departments=_refs(said.departments),
        bases=said.bases,
        relations=said.relations,
        retention_months=said.retention_months,
    )


def _refs(said: Sequence[str]) -> list[UUID | str]:
    return [ref(each) for each in said]
