"""The certificate of an erasure: what was erased where, what stays and why, who was told, what backups still hold.

It names the day from which on no backup brings anything back.

It names nobody: only the request's reference ties it to a person. The same is given as a page and as JSON, which
holds the receipt of the ledger entry that closed the request, checked without the hub by `hub receipt verify`.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from babel.dates import format_date

from hub import receipts, rotation
from hub.act import Ask
from hub.errors import Code, Refusal, not_found
from hub.letters.templates import direction, speaks
from hub.rights import remains, requests, steps, telling
from hub.rights.outcomes import Operation, StepKind, StepState
from hub.rights.remains import LeftOut, Outcome
from hub.rights.requests import Request
from hub.rights.values import Kind
from hub.texts import templates, texts

TYPE: Final = "privacy-hub/erasure-certificate/1"
RECORD_MONTHS: Final = 24
"""How long the record of a request is kept at least (11 CCR §7101, used everywhere)."""
_FOLDER: Final = Path(__file__).parent
_TEXTS: Final = texts(_FOLDER / "certificates.toml")
_TEMPLATES: Final = templates(_FOLDER)
_CLOSING: Final = """
    SELECT l.id FROM rights_event e JOIN ledger_entry l ON l.act_id = e.act_id AND l.event = 'request.fulfilled'
    WHERE e.request_id = $1 AND e.kind = 'FULFILLED' LIMIT 1
"""
_HOUSE: Final = "SELECT name FROM organisation WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What can be certified of a deletion. unreadable_on: from then on no backup opens it.

    key_id: under which wrapping key the customer's key lay; key_ends_on: from when that is in no backup, once replaced.
    receipt: of the entry that closed the request; None while it is not sealed.
    """

    request: Request
    organisation: str
    erased_at: datetime
    outcome: Outcome
    unreadable_on: date | None
    key_id: str | None
    key_ends_on: date | None
    receipt: Mapping[str, Any] | None

    @property
    def record_until(self) -> date:
        """Until when the record of the request is kept at least."""
        closed = self.request.closed_at or self.erased_at
        years, months = divmod(closed.month - 1 + RECORD_MONTHS, 12)
        year, month = closed.year + years, months + 1
        return date(year, month, min(closed.day, calendar.monthrange(year, month)[1]))


async def of(ask: Ask, request_id: UUID) -> Certificate:
    """The certificate of a deletion that has ended by erasing; NOT_FOUND for any other request."""
    made = await find(ask, request_id)
    if made is None:
        raise not_found("certificate", "request")
    return made


async def find(ask: Ask, request_id: UUID) -> Certificate | None:
    """The same; None for a request that has none, NOT_FOUND for one that is nobody's or somebody else's."""
    request = await requests.read(ask, request_id)
    planned = await steps.of(ask, request.id)
    own = [
        each
        for each in planned
        if each.kind is StepKind.HUB and each.operation is Operation.ERASE and each.state is StepState.DONE
    ]
    if request.kind is not Kind.DELETION or not request.is_ended or not own or own[0].ended_at is None:
        return None
    heard = (await telling.of_many(ask, [request.id]))[request.id]
    evidence = own[0].evidence or {}
    unreadable, key = evidence.get("unreadable_on"), evidence.get("wrapping_key")
    return Certificate(
        request, await ask.value(_HOUSE, request.organisation_id), own[0].ended_at,
        remains.outcome(planned, heard), unreadable and date.fromisoformat(unreadable),
        key, (await rotation.ends(ask, [key])).get(key) if key else None, await _receipt(ask, request),
    )  # fmt: skip


async def _receipt(ask: Ask, request: Request) -> Mapping[str, Any] | None:
    entry_id = await ask.value(_CLOSING, request.id)
    if entry_id is None:
        return None
    try:
        return await receipts.issue(ask, entry_id, request.customer_id)
    except Refusal as refusal:
        if refusal.code in {Code.NOT_SEALED_YET, Code.NOT_FOUND}:
            return None
        raise


def document(made: Certificate) -> dict[str, Any]:
    """The certificate as JSON."""
    found = made.outcome
    return {
        "type": TYPE,
        "reference": made.request.reference,
        "organisation": made.organisation,
        "jurisdictions": list(made.request.jurisdictions),
        "received_on": made.request.received_on,
        "erased_at": made.erased_at.astimezone(UTC),
        "erased": [
            {"system": each.system, "what": each.what, "rows": each.rows, "fields": list(each.fields)}
            for each in found.erased
        ],
        "stays": [
            {"system": each.system, "what": each.what, "ground": each.ground, "until": each.until,
             "rows": each.rows, "fields": list(each.fields)}
            for each in found.stays
        ],
        "left_out": [_left(each) for each in found.left_out],
        "unreached": [{"system": each.system, "what": each.what} for each in found.untouched],
        "recipients": [
            {"recipient": each.recipient, "said": each.said, "excuse": each.excuse} for each in found.recipients
        ],
        "always_kept": [
            {"what": "suppression", "until": None}, {"what": "request_record", "until": made.record_until},
        ],
        "backups": _backups(made),
        "receipt": made.receipt,
    }  # fmt: skip


def _left(left: LeftOut) -> dict[str, Any]:
    return {"system": left.system, "cause": left.cause, "why": left.why, "ground": left.ground or None}


def _backups(made: Certificate) -> dict[str, Any]:
    return {
        "unreadable_on": made.unreadable_on, "wrapping_key": made.key_id, "wrapping_key_ends_on": made.key_ends_on,
    }  # fmt: skip


def page(made: Certificate, locale: str) -> str:
    """The certificate as one HTML page, without a program and with nothing from elsewhere."""
    language = speaks(locale)

    def day(value: date) -> str:
        return format_date(value, "long", locale=language)

    return _TEMPLATES.get_template("certificate.html").render(
        t=_TEXTS[language],
        own=steps.OWN,
        language=language,
        direction=direction(language),
        made=made,
        day=day,
        stays=[remains.stays_in_words(each, language) for each in made.outcome.stays],
        recipients=[remains.answer_in_words(each, language) for each in made.outcome.recipients],
        left=remains.undone_in_words(made.outcome, language),
        seal=made.receipt["seal"] if made.receipt else None,
    )
