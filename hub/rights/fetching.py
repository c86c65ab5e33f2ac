"""Who gets a package: the customer, once it is known anew that it is them, and staff who say why.

A mailbox may be in other hands by now. So a copy asks for a fresh code, and where the right needs more than an address,
for a second identifier too: a code alone opens nothing then. Each time is counted, and the customer can see it.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from hub.act import Act
from hub.auth.sessions import Known
from hub.errors import Code, Refusal
from hub.rights import packages
from hub.rights.conduct import note_view
from hub.rights.intake import STRENGTH, Identified
from hub.rights.packages import Access, Opened
from hub.rights.requests import Move, Request, hold_request, move
from hub.rights.values import Identity

FETCHES_MOST: Final = 20
STAFF_SEE: Final[Sequence[Access]] = (Access.BUILT, Access.RELEASED)
_FETCHED: Final = """
    SELECT count(*) FROM rights_event WHERE request_id = $1 AND kind = 'PACKAGE_FETCHED' AND happened_at >= $2
"""


async def fetch(act: Act, request_id: UUID, known: Known | None, *, is_fresh: bool) -> Opened:
    """Let the customer have the released package of a request that they may follow; `packages.stream` yields it.

    known: how surely they are signed in; is_fresh: whether a code was right just now. Refusals: NOT_FOUND where there
    is no package, FORBIDDEN at `proof` without a fresh code and at `identified` without a second identifier where the
    right needs more than an address, LIMIT after twenty times.
    """
    request = await hold_request(act, request_id)
    opened = await packages.opened(act, request.id)
    if not is_fresh:
        message = "We check once more that it is you: enter a fresh code first."
        raise Refusal(Code.FORBIDDEN, message, ("proof",))
    if not is_known_enough(request, known):
        message = (
            "A code alone is not enough for this copy: give a second identifier, such as a customer number."
        )
        raise Refusal(Code.FORBIDDEN, message, ("identified",))
    if await act.value(_FETCHED, request.id, opened.package.released_at) >= FETCHES_MOST:
        raise Refusal(Code.LIMIT, "This copy was fetched too often: ask us for another way.", ("request",))
    await move(act, request, Move("PACKAGE_FETCHED", body={"package": str(opened.package.id)}))
    return opened


def is_known_enough(request: Request, known: Known | None) -> bool:
    """Whether whoever is signed in may have a copy: where more than an address is needed, a code alone is too little.

    What the right needs beyond that was proved when the request was verified.
    """
    levels = list(Identity)
    needed = min(levels.index(Identity(request.proof)), levels.index(Identity.REASONABLE))
    strength = Identity.NONE if known is None else STRENGTH[Identified(known)]
    return levels.index(strength) >= needed


async def hand_out(act: Act, request_id: UUID, reason: str) -> Opened:
    """Let staff have a package, to look at it or to send it by post; who and why is noted, and the customer sees it."""
    request = await note_view(act, request_id, reason)
    return await packages.opened(act, request.id, STAFF_SEE)
