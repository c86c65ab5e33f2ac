"""What staff take out of a copy before it is released, and the reason that the customer is told.

A whole part, a collection, a field of it, a range of its rows, or a field within that range. Rows are numbered from 1
in the order in which the preview shows them.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hub import inputs
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.rights import gathered, packages
from hub.rights.requests import Move, Request, hold_request, move

REDACTIONS_MOST: Final = 500


class Reason(StrEnum):
    """Why something is not in the copy."""

    OTHER_PERSON = "OTHER_PERSON"
    LEGAL_PRIVILEGE = "LEGAL_PRIVILEGE"
    TRADE_SECRET = "TRADE_SECRET"  # noqa: S105 - a reason
    CRIME_OR_TAX = "CRIME_OR_TAX"
    SECURITY = "SECURITY"
    CONFIDENTIAL_REFERENCE = "CONFIDENTIAL_REFERENCE"
    NEGOTIATIONS = "NEGOTIATIONS"
    FORBIDDEN_BY_LAW = "FORBIDDEN_BY_LAW"
    NOT_ABOUT_THE_PERSON = "NOT_ABOUT_THE_PERSON"


@dataclass(frozen=True, slots=True)
class NewRedaction:
    """What to take out. collection None: the whole part. rows: from 1, both ends included."""

    part_id: UUID
    reason: str
    collection: str | None = None
    field: str | None = None
    first_row: int | None = None
    last_row: int | None = None


@dataclass(frozen=True, slots=True)
class Redaction:
    """What was taken out."""

    id: UUID
    part_id: UUID
    collection: str | None
    field: str | None
    first_row: int | None
    last_row: int | None
    reason: Reason
    made_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether all of a collection is out."""
        return self.field is None and self.first_row is None

    def covers(self, part_id: UUID, collection: str) -> bool:
        """Whether it is about this collection."""
        return self.part_id == part_id and self.collection in {None, collection}


_COLUMNS = ", ".join(each.name for each in dataclasses.fields(Redaction))
_OF = f"SELECT {_COLUMNS} FROM package_redaction WHERE request_id = $1 AND ended_at IS NULL ORDER BY id"  # noqa: S608
_ADD = """
    INSERT INTO package_redaction (id, request_id, part_id, collection, field, first_row, last_row, reason, made_at,
        act_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_WHOSE = "SELECT request_id FROM package_redaction WHERE id = $1 AND ended_at IS NULL"
_END = "UPDATE package_redaction SET ended_at = $2 WHERE id = $1"


async def of(ask: Ask, request_id: UUID) -> list[Redaction]:
    """Read what was taken out of a copy. Whoever calls has seen the request."""
    return [_redaction(row) for row in await ask.rows(_OF, request_id)]


async def redact(act: Act, request_id: UUID, new: NewRedaction) -> Request:
    """Take something out, and have the package built again.

    Refusals: NOT_FOUND for what is not in the copy, INVALID for what cannot be, CONFLICT once it is released, LIMIT.
    """
    request = await hold_request(act, request_id)
    await packages.require_open(act, request)
    reason = inputs.choice(Reason, new.reason, "reason")
    await _require_there(act, request.id, new)
    if len(await of(act, request.id)) >= REDACTIONS_MOST:
        raise Refusal(Code.LIMIT, f"At most {REDACTIONS_MOST} redactions in one copy.", ("request",))
    redaction_id = new_id()
    await act.execute(
        _ADD, redaction_id, request.id, new.part_id, new.collection, new.field, new.first_row, new.last_row, reason,
        act.at, act.id,
    )  # fmt: skip
    await packages.begin(act, request)
    return await move(act, request, Move("REDACTED", code=reason, body={"redaction": str(redaction_id)}))


async def restore(act: Act, redaction_id: UUID) -> Request:
    """Put back what was taken out, and have the package built again."""
    whose = await act.value(_WHOSE, redaction_id)
    if whose is None:
        raise not_found("redaction", "redaction")
    try:
        request = await hold_request(act, whose)
    except Refusal:
        raise not_found("redaction", "redaction") from None
    await packages.require_open(act, request)
    await act.execute(_END, redaction_id, act.at)
    await packages.begin(act, request)
    return await move(act, request, Move("RESTORED", body={"redaction": str(redaction_id)}))


async def _require_there(act: Act, request_id: UUID, new: NewRedaction) -> None:
    part = next((each for each in await gathered.of(act, request_id) if each.id == new.part_id), None)
    if part is None:
        raise not_found("part", "part")
    if new.collection is None:
        if new.field is not None or new.first_row is not None or new.last_row is not None:
            raise invalid("Name the collection that the field or the rows are of.", "collection")
        return
    shape = next((each for each in part.shapes if each.collection == new.collection), None)
    if shape is None:
        raise not_found("collection", "collection")
    if new.field is not None and new.field not in shape.fields:
        raise not_found("field", "field")
    _require_rows(new, shape.rows)


def _require_rows(new: NewRedaction, rows: int) -> None:
    if (new.first_row is None) != (new.last_row is None):
        raise invalid("Give the first and the last row, or neither.", "last_row")
    if new.first_row is None or new.last_row is None:
        return
    if not 0 < new.first_row <= new.last_row <= rows:
        raise invalid(f"Rows are numbered from 1 to {rows}.", "last_row")


def _redaction(row: Record) -> Redaction:
    values: dict[str, Any] = dict(row)
    values["reason"] = Reason(values["reason"])
    return Redaction(**values)
