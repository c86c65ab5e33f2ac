"""Conducting a rights request: pausing and going on, holding, extending, refusing, withdrawing, messages and notes.

Every verb locks the request, says why by a code, and writes the event, the row and the ledger entry by one act. A verb
that finds its work done already returns the request as it is.
"""

from enum import StrEnum
from typing import Final
from uuid import UUID

from hub import inputs, particulars
from hub.act import Act
from hub.errors import Code, Refusal, invalid
from hub.policy.values import Jurisdiction
from hub.rights import effects, fulfilling, reasons, timing, writing
from hub.rights.requests import Move, Request, hold_request, move
from hub.rights.states import RESTING, State

MESSAGE_CHARACTERS: Final = 5_000


class Waiting(StrEnum):
    """What a paused request waits for. Only a clarification, and where the law says so an identity, stops a clock."""

    CLARIFICATION = "CLARIFICATION"
    IDENTITY = "IDENTITY"
    OTHER_DETAILS = "OTHER_DETAILS"
    FEE = "FEE"
    STAFF_MATCH = "STAFF_MATCH"
    SYSTEM = "SYSTEM"


async def pause(act: Act, request_id: UUID, waiting_for: str, message: str) -> Request:
    """Wait for something, and tell the customer what; whether the clock waits too is for the law to say."""
    what = inputs.choice(Waiting, waiting_for, "waiting_for")
    said = inputs.text(message, "message", most=MESSAGE_CHARACTERS)
    request = await hold_request(act, request_id)
    if request.state is State.PAUSED and request.waiting_for == what:
        return request
    changes = {"waiting_for": what, "resumes_to": request.state}
    paused = await move(act, request, Move("PAUSED", State.PAUSED, what, said, changes=changes))
    await writing.tell_waiting(act, paused, said)
    return await timing.reckon(act, paused)


async def hold(act: Act, request_id: UUID, reason: str) -> Request:
    """Hold a request: what it would erase is needed, for claims or by law."""
    code = _reason(reason)
    request = await hold_request(act, request_id)
    if request.state is State.HELD:
        return request
    return await move(act, request, Move("HELD", State.HELD, code, changes={"resumes_to": request.state}))


async def resume(act: Act, request_id: UUID) -> Request:
    """Go on where a paused or held request was."""
    request = await hold_request(act, request_id)
    if request.state not in RESTING:
        raise Refusal(Code.CONFLICT, "This request is neither paused nor held.", ("request",))
    resumed = await move(act, request, Move("RESUMED", request.resumes_to, request.waiting_for))
    return await fulfilling.go_on(act, await timing.reckon(act, resumed))


async def extend(act: Act, request_id: UUID, reason: str, message: str) -> Request:
    """Take the longer time that the law gives, within the first, with a reason that the customer is told."""
    said = inputs.text(message, "message", most=MESSAGE_CHARACTERS)
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
    said = inputs.text(message, "message", most=MESSAGE_CHARACTERS)
    request = await hold_request(act, request_id)
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
    return refused


async def withdraw(act: Act, request_id: UUID) -> Request:
    """The customer takes the request back; what it had stopped for its own sake goes on."""
    request = await hold_request(act, request_id)
    if request.state is State.WITHDRAWN:
        return request
    withdrawn = await move(act, request, Move("WITHDRAWN", State.WITHDRAWN))
    await effects.lift(act, withdrawn, is_withdrawn=True)
    await writing.tell_withdrawn(act, withdrawn)
    return withdrawn


async def answer(act: Act, request_id: UUID, message: str) -> Request:
    """Answer what was decided and done; what stood still for the request goes on."""
    said = inputs.text(message, "message", most=MESSAGE_CHARACTERS)
    request = await hold_request(act, request_id)
    await fulfilling.require_done(act, request)
    answered = await move(act, request, Move("ANSWERED", State.ANSWERED, message=said))
    await effects.lift(act, answered)
    await writing.tell_answered(act, answered, said)
    return answered


async def say(act: Act, request_id: UUID, message: str, *, is_private: bool) -> Request:
    """Write to the customer, or note something for the staff alone: two things that are never confused."""
    said = inputs.text(message, "message", most=MESSAGE_CHARACTERS)
    request = await hold_request(act, request_id)
    return await move(
        act, request, Move("NOTED" if is_private else "SAID", message=said, is_private=is_private)
    )


def _cites(request: Request, ground: str) -> str:
    """Where a ground stands in every law that gives the right; Refusal INVALID for one that some law does not know."""
    laws = [reasons.refusals(Jurisdiction(place), request.kind) for place in request.jurisdictions]
    known = [{each.code: each.cites for each in several} for several in laws]
    common = [code for code in known[0] if all(code in each for each in known)]
    if not common:
        raise Refusal(Code.CONFLICT, "The law knows no ground to refuse this: it must be done.", ("ground",))
    if ground not in common:
        raise invalid(f"This is refused there on one of: {', '.join(common)}.", "ground")
    return "; ".join(dict.fromkeys(each[ground] for each in known))


async def note_view(act: Act, request_id: UUID, reason: str) -> Request:
    """Note who opens what is sealed with a request, and why, before it is opened; the customer can see it."""
    code = _reason(reason)
    return await move(act, await hold_request(act, request_id), Move("VIEWED", code=code))


def _reason(code: str) -> str:
    if not code:
        raise invalid("Give a reason: a code such as LEGAL_CLAIM.", "reason")
    return particulars.reason(code, "reason")
