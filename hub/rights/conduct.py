"""Conducting a rights request: pausing and going on, holding, extending, refusing, withdrawing, messages and notes.

Every verb locks the request, says why by a code, and writes the event, the row and the ledger entry by one act. A
verb that finds its work done already returns the request as it is.
"""

from pathlib import Path
from typing import Final
from uuid import UUID

from hub import appointing, inputs, particulars
from hub.act import Act
from hub.errors import Code, Refusal, invalid
from hub.letters.templates import speaks
from hub.rights import appealing, authority, effects, fulfilling, packages, reasons, timing, writing
from hub.rights.packages import Access
from hub.rights.requests import Asker, Move, Request, hold_request, move
from hub.rights.states import RESTING, State, Waiting
from hub.texts import texts

TEXTS: Final = texts(Path(__file__).parent / "conduct.toml")
MESSAGE_CHARACTERS: Final = 5_000
LETTER_CHARACTERS: Final = 4_000
"""What of somebody's words a letter holds."""
CUSTOMERS: Final = frozenset({"portal", "customer"})
"""Who writes for themselves: what they add is not mailed back to them."""


async def pause(act: Act, request_id: UUID, waiting_for: str, message: str) -> Request:
    """Wait for something, and tell the customer what; whether the clock waits too is for the law to say."""
    what = inputs.choice(Waiting, waiting_for, "waiting_for")
    said = inputs.text(message, "message", most=LETTER_CHARACTERS)
    request = await hold_request(act, request_id)
    if request.state is State.PAUSED and request.waiting_for == what:
        return request
    if what is Waiting.AUTHORITY and request.asker is Asker.SELF:
        raise invalid("The customer asks for themselves: nobody has to be allowed to.", "waiting_for")
    changes = {"waiting_for": what, "resumes_to": request.state}
    paused = await move(act, request, Move("PAUSED", State.PAUSED, what, said, changes=changes))
    await writing.tell_waiting(act, paused, said)
    return await timing.reckon(act, paused)


async def hold(act: Act, request_id: UUID, reason: str) -> Request:
    """Hold a request, and tell the customer: what it would erase is needed, for claims or by law."""
    code = _reason(reason)
    request = await hold_request(act, request_id)
    if request.state is State.HELD:
        return request
    said, changes = TEXTS[speaks(request.locale)]["held"], {"resumes_to": request.state}
    held = await move(act, request, Move("HELD", State.HELD, code, said, changes=changes))
    await writing.tell_message(act, held, said)
    return held


async def resume(act: Act, request_id: UUID) -> Request:
    """Go on where a paused or held request was; of one that was held the customer is told."""
    request = await hold_request(act, request_id)
    if request.state not in RESTING:
        raise Refusal(Code.CONFLICT, "This request is neither paused nor held.", ("request",))
    # Whoever asks for somebody else must still be allowed to, whatever the request rested for.
    link = await authority.require(act, request, request.customer_id) if request.customer_id else None
    changes = {"representative_id": link.id} if link else {}
    said = TEXTS[speaks(request.locale)]["released"] if request.state is State.HELD else None
    resumed = await move(
        act, request, Move("RESUMED", request.resumes_to, request.waiting_for, said, changes=changes)
    )
    if said is not None:
        await writing.tell_message(act, resumed, said)
    if link and link.id != request.representative_id:
        await writing.keep_contact(act, resumed, await appointing.contact_of(act, link))
    return await fulfilling.go_on(act, await timing.reckon(act, resumed))


async def extend(act: Act, request_id: UUID, reason: str, message: str) -> Request:
    """Take the longer time that the law gives, within the first, with a reason that the customer is told."""
    said = inputs.text(message, "message", most=LETTER_CHARACTERS)
    request = await hold_request(act, request_id)
    if request.is_ended:
        raise Refusal(Code.CONFLICT, f"This request has ended ({request.state}).", ("request",))
    if request.extended_at is not None:
        return request
    code = await timing.require_extension(act, request, reason)
    step = Move("EXTENDED", code=code, message=said, changes={"extended_at": act.at})
    extended = await timing.reckon(act, await move(act, request, step))
    await writing.tell_longer(act, extended, said)
    return extended


async def refuse(act: Act, request_id: UUID, ground: str, message: str, *, is_part: bool = False) -> Request:
    """Refuse a request, or the rest of it, on a ground of the law; what the customer is told goes with it."""
    said = inputs.text(message, "message", most=LETTER_CHARACTERS)
    request = await hold_request(act, request_id)
    await appealing.require_other(act, request)
    await fulfilling.require_unbegun(act, request)
    cites = _cites(request, ground)
    if is_part:
        await fulfilling.require_done(act, request)
    state = State.PARTLY_ANSWERED if is_part else State.REFUSED
    body = {"citation": cites}
    refused = await move(
        act, request, Move("REFUSED", state, ground, said, changes={"ground": ground}, body=body)
    )
    await effects.lift(act, refused)
    await writing.tell_refused(act, refused, said)
    if is_part:
        await _release(act, refused)
    return refused


async def withdraw(act: Act, request_id: UUID) -> Request:
    """The customer takes the request back; what it had stopped for its own sake goes on."""
    request = await hold_request(act, request_id)
    if request.state is State.WITHDRAWN:
        return request
    await fulfilling.require_unbegun(act, request)
    withdrawn = await move(act, request, Move("WITHDRAWN", State.WITHDRAWN))
    await effects.lift(act, withdrawn, is_withdrawn=True)
    await writing.tell_withdrawn(act, withdrawn)
    return withdrawn


async def answer(act: Act, request_id: UUID, message: str) -> Request:
    """Answer what was decided and done; what stood still for the request goes on."""
    said = inputs.text(message, "message", most=LETTER_CHARACTERS)
    request = await hold_request(act, request_id)
    await appealing.require_other(act, request)
    await fulfilling.require_done(act, request)
    answered = await move(act, request, Move("ANSWERED", State.ANSWERED, message=said))
    await effects.lift(act, answered)
    if not await _release(act, answered):
        await writing.tell_answered(act, answered, said)
    return answered


async def _release(act: Act, request: Request) -> bool:
    """Release the copy that a request was for; False where it was for none, or an erasure has let it go."""
    if request.kind not in fulfilling.FOUND_FIRST:
        return False
    released = await packages.release(act, request)
    if released.state is not Access.RELEASED:
        return False
    if released.until_at is not None:
        await writing.tell_ready(act, request, released.until_at)
    return True


async def say(act: Act, request_id: UUID, message: str, *, is_private: bool) -> Request:
    """Write to the customer, or note something for the staff alone: two things that are never confused.

    What staff write to the customer is mailed too.
    """
    is_mailed = not is_private and act.actor.kind not in CUSTOMERS
    most = LETTER_CHARACTERS if is_mailed else MESSAGE_CHARACTERS
    said = inputs.text(message, "message", most=most)
    request = await hold_request(act, request_id)
    written = await move(
        act, request, Move("NOTED" if is_private else "SAID", message=said, is_private=is_private)
    )
    if is_mailed:
        await writing.tell_message(act, written, said)
    return written


def grounds(request: Request) -> dict[str, str]:
    """On which grounds a request can be refused, and where each stands in every law that gives the right."""
    return reasons.common(request.jurisdictions, request.kind)


def _cites(request: Request, ground: str) -> str:
    """Where a ground stands; Refusal INVALID for one that some law does not know."""
    common = grounds(request)
    if not common:
        raise Refusal(Code.CONFLICT, "The law knows no ground to refuse this: it must be done.", ("ground",))
    if ground not in common:
        raise invalid(f"This is refused there on one of: {', '.join(common)}.", "ground")
    return common[ground]


async def note_view(act: Act, request_id: UUID, reason: str) -> Request:
    """Note who opens what is sealed with a request, and why, before it is opened; the customer can see it."""
    code = _reason(reason)
    return await move(act, await hold_request(act, request_id), Move("VIEWED", code=code))


def _reason(code: str) -> str:
    if not code:
        raise invalid("Give a reason: a code such as LEGAL_CLAIM.", "reason")
    return particulars.reason(code, "reason")
