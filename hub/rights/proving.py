"""Who asks? A guest proves an address by a code, and is looked for only then; staff check other evidence.

What a code is, and how often it may be tried, is in `hub.auth.codes`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from hub import finding, inputs, particulars, seconds
from hub.act import Act, Ask
from hub.auth.codes import CODE_LIFE, RIGHTS, Pending, Tried
from hub.errors import Code, Refusal
from hub.finding import Reference, ReferenceKind
from hub.representatives import Representative
from hub.rights import asked, attachments, authority, intake, stopping, timing, writing
from hub.rights.asked import Asked
from hub.rights.attachments import Unsent
from hub.rights.intake import Identified, Incoming
from hub.rights.requests import Asker, Channel, Move, Request, hold_request, move
from hub.rights.sealed import contents
from hub.rights.states import State, Waiting
from hub.rights.values import Kind
from hub.scope import Reached, hold, require_organisation

EXPIRED_AT_A_TIME: Final = 100
EXPIRES_AFTER: Final = timedelta(days=30)
_WAITING: Final[Sequence[State]] = (State.VERIFYING, State.PAUSED)
_PROVED = "SELECT EXISTS (SELECT FROM rights_event WHERE request_id = $1 AND kind = 'CODE_RIGHT')"
_LATE = """
    SELECT id FROM rights_request WHERE closed_at IS NULL AND verified_at IS NULL AND state IN ('VERIFYING', 'PAUSED')
        AND opened_at < $1 ORDER BY id LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Guest:
    """A request by somebody we do not know yet. place: where they say they live; email: where the code goes.

    asker: as what they ask, if not for themselves; for whom, `asked` says. files: that they have sent already.
    """

    kind: str
    place: str
    email: str = field(repr=False)
    asked: Asked = field(default_factory=Asked)
    asker: str = Asker.SELF
    locale: str = "en"
    received_on: date | None = None
    files: Sequence[Unsent] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A code on its way: the digits are shown to nobody but who mails them."""

    request: Request
    digits: str = field(repr=False)


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
    await attachments.attach(act, request, guest.files)
    await stopping.set_off(act, request)
    return await send_code(act, await timing.reckon(act, request))


async def send_again(act: Act, request_id: UUID) -> Sent:
    """Make a new code; the one before is worth nothing from now on."""
    request = await hold_request(act, request_id)
    if request.state is not State.VERIFYING:
        raise Refusal(Code.CONFLICT, "This request waits for no code.", ("request",))
    if await RIGHTS.left(act, request.id) == 0:
        message = "Too many codes were sent for this request. Start again, or call us."
        raise Refusal(Code.LIMIT, message, ("request",))
    return await send_code(act, request)


async def send_code(act: Act, request: Request) -> Sent:
    """Make the code of a held request."""
    digits = await RIGHTS.make(act, request.id)
    sent = await move(act, request, Move("CODE_SENT"))
    await writing.send_code(act, sent, digits, CODE_LIFE)
    return Sent(sent, digits)


async def code_of(ask: Ask, request_id: UUID) -> Pending | None:
    """Read when the code of a request ends and how many tries are left; None where there is none to try."""
    return await RIGHTS.pending(ask, request_id)


async def codes_left(ask: Ask, request_id: UUID) -> int:
    """Count how many more codes can be sent for a request."""
    return await RIGHTS.left(ask, request_id)


async def try_code(act: Act, request_id: UUID, digits: str) -> tuple[Tried, Request]:
    """Try a code. A right one proves the address: the customer is looked for, and the request goes on."""
    request = await hold_request(act, request_id)
    if request.state is not State.VERIFYING:
        raise Refusal(Code.CONFLICT, "This request waits for no code.", ("request",))
    tried = await RIGHTS.try_code(act, request.id, digits)
    if tried is Tried.OVER:
        await act.record("request.code_over", request=request.id)
    elif tried is Tried.WRONG:
        request = await move(act, request, Move("CODE_WRONG"))
    else:
        request = await _match(act, await move(act, request, Move("CODE_RIGHT")))
    return tried, request


async def _match(act: Act, request: Request) -> Request:
    """Look for who has the address that was proved; nobody and several wait for more."""
    if request.asker is not Asker.SELF:
        return await _match_represented(act, request)
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


def may_identify(request: Request) -> bool:
    """Whether a number beside the address that was proved would be enough to know who asks."""
    waits = {Waiting.IDENTITY, Waiting.STAFF_MATCH}
    is_unproved = request.verified_at is None and request.asker is Asker.SELF
    is_waiting = request.state is State.PAUSED and request.waiting_for in waits
    return is_unproved and is_waiting and intake.is_enough(request, Identified.TWO_IDENTIFIERS)


async def identify(act: Act, request_id: UUID, said: str) -> tuple[bool, Request]:
    """Take a customer number, or a phone, beside the address that was proved; False if it is not of who asks."""
    request = await hold_request(act, request_id)
    if not may_identify(request):
        raise Refusal(Code.CONFLICT, "This request waits for no number.", ("request",))
    known = await seconds.known_by(act, request.organisation_id, await _asking(act, request), said)
    if len(known) != 1:
        return False, await move(act, request, Move("NUMBER_WRONG"))
    reached = await hold(act, known.pop(), request.organisation_id, "customer")
    request = await intake.settle_places(act, await move(act, request, Move("NUMBER_RIGHT")), reached.id)
    if intake.is_enough(request, Identified.TWO_IDENTIFIERS):
        return True, await _open(act, request, reached, Identified.TWO_IDENTIFIERS)
    waits = {"waiting_for": Waiting.IDENTITY, "customer_id": reached.id}
    return True, await move(act, request, Move("NEEDS_MORE", changes=waits))


async def _asking(act: Act, request: Request) -> list[UUID]:
    """Who may have sent it: the customer whose address was proved, or all who have it."""
    if request.customer_id is not None:
        return [request.customer_id]
    _, contact = await contents(act, request.id)
    return list(
        await finding.find(act, request.organisation_id, Reference(ReferenceKind.EMAIL, contact or ""))
    )


async def _match_represented(act: Act, request: Request) -> Request:
    """Open what somebody asks for a customer under a link in force; all else waits until staff have seen the proof."""
    link = await authority.match(act, request)
    if link is None:
        return await authority.wait(act, request, None)
    return await admit(act, request, link)


async def admit(act: Act, request: Request, link: Representative) -> Request:
    """Open a request that is being verified, under a link; one that needs more proof of who asks waits for that."""
    reached = await hold(act, link.customer_id, request.organisation_id, "customer")
    request = await intake.settle_places(act, request, reached.id)
    is_proved = request.channel is Channel.PORTAL and await act.value(_PROVED, request.id)
    known = Identified.CODE if is_proved else None
    if intake.is_enough(request, known):
        return await _open(act, request, reached, known or Identified.DOCUMENT, link=link)
    changes = {"customer_id": reached.id, "representative_id": link.id}
    if known is None:
        return await move(act, request, Move("AUTHORISED", changes=changes))
    changes |= {"waiting_for": Waiting.IDENTITY, "resumes_to": State.VERIFYING}
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
    link = await authority.require(act, request, reached.id)
    return await _open(act, request, reached, known, reference, link)


async def _open(
    act: Act,
    request: Request,
    reached: Reached,
    known: Identified,
    reference: str = "",
    link: Representative | None = None,
) -> Request:
    if request.state is State.PAUSED:
        request = await move(act, request, Move("RESUMED", State.VERIFYING, request.waiting_for))
    body = {"identified": known, "has_reference": bool(reference)}
    return await intake.open_request(
        act, request, reached.id, message=reference or None, body=body, link=link
    )


async def expire(act: Act) -> int:
    """Let end what waited for its code, or for other details, for thirty days; returns how many.

    As many as EXPIRED_AT_A_TIME are the first of them: call it again.
    """
    rows = await act.rows(_LATE, act.at - EXPIRES_AFTER, EXPIRED_AT_A_TIME)
    for row in rows:
        request = await hold_request(act, row["id"])
        if request.state in _WAITING:
            await move(act, request, Move("EXPIRED", State.EXPIRED))
    return len(rows)
