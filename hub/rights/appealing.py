"""Complaints about how a request was handled: opened from that request, and decided by somebody else.

What was refused, answered in part or is late can be complained of. The complaint is a request of its own, with a
clock of its own; it knows what it is about, and nobody who decided that may decide it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from hub.act import Act, Ask
from hub.errors import Code, Refusal, invalid
from hub.rights import intake, timing
from hub.rights.asked import Asked
from hub.rights.intake import NewRequest
from hub.rights.requests import Move, Request, hold_request, move
from hub.rights.sealed import contents
from hub.rights.states import State
from hub.rights.values import Kind

DECIDED: Final = frozenset({State.REFUSED, State.PARTLY_ANSWERED})
PERSON: Final = "staff"
"""The kind of actor that is one person. Of an app it is not known who acts through it."""


@dataclass(frozen=True, slots=True)
class NewAppeal:
    """A complaint about a request. identified: how it was made sure that it is the same person."""

    text: str = field(repr=False)
    channel: str
    identified: str | None = None


_ADD: Final = "INSERT INTO rights_appeal (request_id, about_id) VALUES ($1, $2)"
_OPEN: Final = """
    SELECT a.request_id FROM rights_appeal a JOIN rights_request r ON r.id = a.request_id AND r.closed_at IS NULL
    WHERE a.about_id = $1 LIMIT 1
"""
_ABOUT: Final = "SELECT request_id, about_id FROM rights_appeal WHERE request_id = ANY ($1)"
_COMPLAINTS: Final = "SELECT request_id FROM rights_appeal WHERE about_id = $1 ORDER BY request_id"
# Who moved the other request to an end, or approved what was done.
_BARRED: Final = """
    SELECT DISTINCT a.request_id, e.actor_id FROM rights_appeal a JOIN rights_event e ON e.request_id = a.about_id
    WHERE a.request_id = ANY ($1) AND e.actor_kind = 'staff' AND e.actor_id IS NOT NULL
      AND (e.state IN ('REFUSED', 'PARTLY_ANSWERED', 'ANSWERED') OR e.kind = 'APPROVED')
"""


async def appeal(act: Act, about_id: UUID, new: NewAppeal) -> Request:
    """Open a complaint about a request; one that is open already takes the words. CONFLICT where there is no cause."""
    if not new.text.strip():
        raise invalid("Say what went wrong, and what you want.", "text")
    about = await hold_request(act, about_id)
    if about.customer_id is None or not may_appeal(about, act):
        message = "A complaint is about a request that was refused, answered in part, or is late."
        raise Refusal(Code.CONFLICT, message, ("request",))
    there: UUID | None = await act.value(_OPEN, about.id)
    if there is not None:
        return await move(act, await hold_request(act, there), Move("SAID", message=new.text))
    _, contact = await contents(act, about.id)
    complaint = await intake.receive(
        act,
        NewRequest(
            Kind.COMPLAINT, about.customer_id, new.channel, Asked(text=new.text), about.asker, contact=contact,
            identified=new.identified, representative_id=about.representative_id,
        ),
        about.organisation_id,
    )  # fmt: skip
    await act.execute(_ADD, complaint.id, about.id)
    return await move(act, complaint, Move("APPEALED", body={"about": str(about.id)}))


def may_appeal(request: Request, ask: Ask) -> bool:
    """Whether there is cause: it was refused, wholly or in part, or its last day is over."""
    return has_cause(request, timing.local_day(request.jurisdictions[0], ask.at))


def has_cause(request: Request, today: date) -> bool:
    """Whether there is cause on a day of where the customer lives."""
    if request.state in DECIDED:
        return True
    return not request.is_ended and request.due_on is not None and request.due_on < today


async def require_other(act: Act, request: Request) -> None:
    """Refuse FORBIDDEN to decide a complaint to who decided what it is about."""
    if request.kind is not Kind.COMPLAINT or act.actor.kind != PERSON:
        return
    if act.actor.id in (await barred(act, [request.id]))[request.id]:
        message = "You decided the request that this is about: somebody else decides the complaint."
        raise Refusal(Code.FORBIDDEN, message, ("request",))


async def barred(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Who may not decide these complaints: staff who decided what they are about, by one statement."""
    found: dict[UUID, set[UUID]] = {request_id: set() for request_id in ids}
    for row in await ask.rows(_BARRED, list(ids)):
        found[row["request_id"]].add(row["actor_id"])
    return {request_id: frozenset(staff) for request_id, staff in found.items()}


async def complaints_of(ask: Ask, about_id: UUID) -> list[UUID]:
    """Which complaints are about a request, the oldest first. Whoever calls has seen the request."""
    return [row["request_id"] for row in await ask.rows(_COMPLAINTS, about_id)]


async def about_of(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Which request each of these complaints is about, by one statement; others are left out."""
    return {row["request_id"]: row["about_id"] for row in await ask.rows(_ABOUT, list(ids))}
