"""What becomes of requests when a representative is proposed, confirmed, rejected or ended: one act for both."""

from typing import Final
from uuid import UUID

from hub import appointing, representatives
from hub.act import Act
from hub.appointing import NewRepresentative
from hub.errors import Code, Refusal, not_found
from hub.representatives import Representative
from hub.rights import authority, fulfilling, proving, timing, writing
from hub.rights.requests import Move, Request, hold_request, move
from hub.rights.sealed import contents
from hub.rights.states import State, Waiting

LAPSED: Final = "LAPSED"
LAPSED_AT_A_TIME: Final = 100
_BEGUN: Final = """
    SELECT DISTINCT p.id FROM representative p JOIN rights_request r ON r.representative_id = p.id
        AND r.state = 'PAUSED' AND r.waiting_for = 'AUTHORITY' AND (p.kinds = '{}' OR r.kind = ANY (p.kinds))
    WHERE p.state = 'CONFIRMED' AND p.starts_on <= $1 AND (p.ends_on IS NULL OR p.ends_on >= $1)
    ORDER BY p.id LIMIT $2
"""


async def propose(
    act: Act, new: NewRepresentative, request_id: UUID | None = None, organisation_id: UUID | None = None
) -> Representative:
    """Note that somebody may act for a customer, as their request says; letters go where that was answered to."""
    if request_id is None:
        return await appointing.propose(act, new, organisation_id)
    waiting = await _waiting(act, request_id, new)
    if new.contact is None:
        new = NewRepresentative(
            new.customer_id, new.role, new.name, (await contents(act, waiting.id))[1], new.kinds, new.starts_on,
            new.ends_on, new.attachment_id,
        )  # fmt: skip
    link = await appointing.propose(act, new, waiting.organisation_id)
    await move(act, waiting, Move("REPRESENTATIVE_NAMED", changes={"representative_id": link.id}))
    return link


async def confirm(act: Act, link_id: UUID, proof: str) -> Representative:
    """The link counts, and what waited for it goes on."""
    link = await appointing.confirm(act, link_id, proof)
    await _take_up(act, link)
    return link


async def reject(act: Act, link_id: UUID, reason: str) -> Representative:
    """The link never counts; what was asked under it goes on waiting, until another one does or the time is over."""
    return await appointing.reject(act, link_id, reason)


async def end(act: Act, link_id: UUID, reason: str) -> Representative:
    """The link counts no more; what was asked under it stops, and is absent for whoever asked."""
    link = await appointing.end(act, link_id, reason)
    await authority.stop(act, link)
    return link


async def lapse(act: Act) -> int:
    """End the links whose time is over; returns how many."""
    ids = await representatives.lapsed(act, LAPSED_AT_A_TIME)
    for each in ids:
        await end(act, each, LAPSED)
    return len(ids)


async def take_up(act: Act) -> int:
    """Let go on what waits for a link whose first day has come; returns for how many links."""
    rows = await act.rows(_BEGUN, act.at.date(), LAPSED_AT_A_TIME)
    for row in rows:
        link = await appointing.hold_link(act, row["id"])
        await _take_up(act, link)
    return len(rows)


async def _take_up(act: Act, link: Representative) -> None:
    for request in await authority.waiting(act, link):
        if link.covers(request.kind, act.at.date()):
            await _go_on(act, request, link)


async def _waiting(act: Act, request_id: UUID, new: NewRepresentative) -> Request:
    request = await hold_request(act, request_id)
    if request.waiting_for != Waiting.AUTHORITY or request.asker != new.role:
        message = f"This request waits for no {new.role}."
        raise Refusal(Code.CONFLICT, message, ("request",))
    if request.customer_id not in {None, new.customer_id}:
        raise not_found("rights request", "request")
    return request


async def _go_on(act: Act, request: Request, link: Representative) -> None:
    resumed = await move(act, request, Move("RESUMED", request.resumes_to, Waiting.AUTHORITY))
    if resumed.state is State.VERIFYING:
        await proving.admit(act, resumed, link)
        return
    await writing.keep_contact(act, resumed, await appointing.contact_of(act, link))
    await fulfilling.go_on(act, await timing.reckon(act, resumed))
