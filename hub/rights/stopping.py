"""Opt-outs of a guest hold on their word, before any code has come back: the law lets nobody ask for proof first.

Those are 11 CCR §§7026(d), 7027(e) and 7060(b); everywhere else it is a house rule. A job looks who has the address,
once the page has been answered: whoever sent it sees the same, at the same cost, whether or not we know it. All who
have it are left alone, as of several the restrictive word counts. The request goes on waiting for its code, by which
whoever sent it follows it. To take back a consent needs the code: it ends what somebody uses, and they cannot undo it
alone.
"""

from typing import Final
from uuid import UUID

from hub import finding, queue
from hub.act import Act
from hub.finding import Reference, ReferenceKind
from hub.rights import effects
from hub.rights.requests import Move, Request, hold_request, move
from hub.rights.sealed import contents
from hub.scope import hold

TASK: Final = "rights.stop"
STOPPED: Final = "STOPPED"
_IS_STOPPED: Final = "SELECT EXISTS (SELECT FROM rights_event WHERE request_id = $1 AND kind = $2)"


async def set_off(act: Act, request: Request) -> None:
    """Have what a guest opts out of stopped by a job, if this right holds on their word."""
    if effects.holds_on_word(request):
        await queue.defer(act, TASK, {"request_id": request.id}, once=f"stop {request.id}")


async def stop(act: Act, request_id: UUID) -> int:
    """Stop it once for all who have the address that was named, unless it was proved before; returns for how many."""
    request = await hold_request(act, request_id)
    is_over = request.verified_at is not None or request.is_ended
    if is_over or not effects.holds_on_word(request) or await act.value(_IS_STOPPED, request.id, STOPPED):
        return 0
    content, contact = await contents(act, request.id)
    found = await finding.find(act, request.organisation_id, Reference(ReferenceKind.EMAIL, contact or ""))
    for each in sorted(found):
        await hold(act, each, request.organisation_id, "customer")
        await effects.apply(act, request, each, effects.About.of(content))
    await move(act, request, Move(STOPPED, is_private=True, body={"customers": len(found)}))
    return len(found)
