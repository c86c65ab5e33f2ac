"""Who asks? A guest proves an address by a code, and is looked for only then; staff check other evidence.

A code has six digits from a cryptographic source, lives ten minutes and five tries, and is kept as a keyed hash. A new
one ends the one before. A try is counted by one statement and kept, whatever comes of it: fifty at once are five.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from hub import finding, inputs, particulars
from hub.act import Act, Ask
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.finding import Reference, ReferenceKind
from hub.keyring import Use
from hub.rights import asked, intake, timing, writing
from hub.rights.asked import Asked
from hub.rights.conduct import Waiting
from hub.rights.intake import Identified, Incoming
from hub.rights.requests import Asker, Channel, Move, Request, hold_request, move
from hub.rights.sealed import contents
from hub.rights.states import State
from hub.rights.values import Kind
from hub.scope import Reached, hold, require_organisation

CODE_DIGITS: Final = 6
CODE_LIFE: Final = timedelta(minutes=10)
TRIES_MOST: Final = 5
CODES_MOST: Final = 5
"""Codes that are sent for one request; then another way is needed."""


class Tried(StrEnum):
    """What came of trying a code."""

    RIGHT = "RIGHT"
    WRONG = "WRONG"
    OVER = "OVER"


EXPIRED_AT_A_TIME: Final = 100
EXPIRES_AFTER: Final = timedelta(days=30)
_WAITING: Final[Sequence[State]] = (State.VERIFYING, State.PAUSED)
_LATE = """
    SELECT id FROM rights_request WHERE closed_at IS NULL AND verified_at IS NULL AND state IN ('VERIFYING', 'PAUSED')
        AND opened_at < $1 ORDER BY id LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Guest:
    """A request by somebody we do not know yet. place: where they say they live; email: where the code goes."""

    kind: str
    place: str
    email: str = field(repr=False)
    asked: Asked = field(default_factory=Asked)
    asker: str = Asker.SELF
    locale: str = "en"
    received_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A code on its way: the digits are shown to nobody but who mails them."""

    request: Request
    digits: str = field(repr=False)


_NEW = "INSERT INTO rights_code (id, request_id, digest, sent_at, expires_at) VALUES ($1, $2, $3, $4, $5)"
_END = "UPDATE rights_code SET ended_at = $2 WHERE request_id = $1 AND ended_at IS NULL"
_SENT = "SELECT count(*) FROM rights_code WHERE request_id = $1"
_LIVE = """
    SELECT c.expires_at, c.tries FROM rights_code c JOIN rights_request r ON r.id = c.request_id
    WHERE c.request_id = $1 AND c.ended_at IS NULL AND ($2::uuid IS NULL OR r.organisation_id = $2)
"""
_TRY = """
    UPDATE rights_code SET tries = tries + 1
    WHERE request_id = $1 AND ended_at IS NULL AND expires_at > $2 AND tries < $3
    RETURNING id, digest
"""


async def receive_guest(act: Act, guest: Guest, organisation_id: UUID | None = None) -> Sent:
    """Take in a request of somebody who is not known yet, and make the code that proves the address.

    Nobody is looked for: it costs the same, and is answered the same, whether or not we hold the address.
    """
    kind, towards = inputs.choice(Kind, guest.kind, "kind"), await require_organisation(act, organisation_id)
    places = timing.offering(inputs.jurisdictions([guest.place], "place"), kind, act.at)
    incoming = Incoming(
        towards, kind, places, Channel.PORTAL, inputs.choice(Asker, guest.asker, "asker"),
        particulars.language(guest.locale, "locale"), timing.received_on(act, places[0], guest.received_on),
        await asked.content(act, kind, towards, guest.asked), timing.proof(places[0], kind, is_sensitive=False),
        contact=intake.address(act, guest.email, "email"),
    )  # fmt: skip
    request = await move(act, await intake.add(act, incoming), Move("VERIFYING", State.VERIFYING))
    return await send_code(act, await timing.reckon(act, request))


async def send_again(act: Act, request_id: UUID) -> Sent:
    """Make a new code; the one before is worth nothing from now on."""
    request = await hold_request(act, request_id)
    if request.state is not State.VERIFYING:
        raise Refusal(Code.CONFLICT, "This request waits for no code.", ("request",))
    if await act.value(_SENT, request.id) >= CODES_MOST:
        message = "Too many codes were sent for this request. Start again, or call us."
        raise Refusal(Code.LIMIT, message, ("request",))
    return await send_code(act, request)


async def send_code(act: Act, request: Request) -> Sent:
    """Make the code of a held request."""
    digits = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
    await act.execute(_END, request.id, act.at)
    await act.execute(
        _NEW, new_id(), request.id, _digest(act, request.id, digits), act.at, act.at + CODE_LIFE
    )
    sent = await move(act, request, Move("CODE_SENT"))
    await writing.send_code(act, sent, digits, CODE_LIFE)
    return Sent(sent, digits)


@dataclass(frozen=True, slots=True)
class Pending:
    """The code that counts, for the page that asks for it: it says what the check reads."""

    expires_at: datetime
    tries_left: int


async def code_of(ask: Ask, request_id: UUID) -> Pending | None:
    """Read when the code of a request ends and how many tries are left; None where there is none to try."""
    row = await ask.row(_LIVE, request_id, ask.actor.organisation_id)
    if row is None or row["expires_at"] <= ask.at or row["tries"] >= TRIES_MOST:
        return None
    return Pending(row["expires_at"], TRIES_MOST - row["tries"])


async def codes_left(ask: Ask, request_id: UUID) -> int:
    """Count how many more codes can be sent for a request."""
    return max(0, CODES_MOST - await ask.value(_SENT, request_id))


async def try_code(act: Act, request_id: UUID, digits: str) -> tuple[Tried, Request]:
    """Try a code. A right one proves the address: the customer is looked for, and the request goes on."""
    request = await hold_request(act, request_id)
    if request.state is not State.VERIFYING:
        raise Refusal(Code.CONFLICT, "This request waits for no code.", ("request",))
    row = await act.row(_TRY, request.id, act.at, TRIES_MOST)
    if row is None:
        await act.record("request.code_over", request=request.id)
        return Tried.OVER, request
    if not hmac.compare_digest(row["digest"], _digest(act, request.id, "".join(digits.split()))):
        return Tried.WRONG, await move(act, request, Move("CODE_WRONG"))
    await act.execute(_END, request.id, act.at)
    return Tried.RIGHT, await _match(act, await move(act, request, Move("CODE_RIGHT")))


async def _match(act: Act, request: Request) -> Request:
    """Look for who has the address that was proved; nobody and several wait for more."""
    _, contact = await contents(act, request.id)
    found = await finding.find(act, request.organisation_id, Reference(ReferenceKind.EMAIL, contact or ""))
    if len(found) != 1:
        waiting = Waiting.STAFF_MATCH if found else Waiting.OTHER_DETAILS
        changes = {"waiting_for": waiting, "resumes_to": State.VERIFYING}
        return await move(act, request, Move("PAUSED", State.PAUSED, waiting, changes=changes))
    reached = await hold(act, found[0], request.organisation_id, "customer")
    request = await intake.settle_places(act, request, reached.id)
    if intake.is_enough(request, Identified.CODE):
        return await _open(act, request, reached, Identified.CODE)
    changes = {"waiting_for": Waiting.IDENTITY, "resumes_to": State.VERIFYING, "customer_id": reached.id}
    return await move(act, request, Move("PAUSED", State.PAUSED, Waiting.IDENTITY, changes=changes))


async def confirm(
    act: Act, request_id: UUID, customer_id: UUID, identified: str, reference: str = ""
) -> Request:
    """Staff have seen who asks, and which customer it is; Refusal INVALID where that is too little for this right."""
    known = inputs.choice(Identified, identified, "identified")
    request = await hold_request(act, request_id)
    if request.verified_at is not None and request.customer_id == customer_id:
        return request
    if request.verified_at is not None:
        raise Refusal(Code.CONFLICT, "This request was verified for another customer.", ("customer",))
    reached = await hold(act, customer_id, request.organisation_id, "customer")
    request = await intake.settle_places(act, request, reached.id)
    if not intake.is_enough(request, known):
        message = f"For this right that is too little: it needs {request.proof}."
        raise Refusal(Code.INVALID, message, ("identified",))
    return await _open(act, request, reached, known, reference)


async def _open(
    act: Act, request: Request, reached: Reached, known: Identified, reference: str = ""
) -> Request:
    if request.state is State.PAUSED:
        request = await move(act, request, Move("RESUMED", State.VERIFYING, request.waiting_for))
    body = {"identified": known, "has_reference": bool(reference)}
    return await intake.open_request(act, request, reached.id, message=reference or None, body=body)


async def expire(act: Act, most: int = EXPIRED_AT_A_TIME) -> int:
    """Let end what waited for its code, or for other details, for thirty days; returns how many."""
    rows = await act.rows(_LATE, act.at - EXPIRES_AFTER, most)
    for row in rows:
        request = await hold_request(act, row["id"])
        if request.state in _WAITING:
            await move(act, request, Move("EXPIRED", State.EXPIRED))
    return len(rows)


def _digest(act: Act, request_id: UUID, digits: str) -> bytes:
    return act.hub.vault.mac(Use.INDEX, "rights_code", str(request_id), digits)
