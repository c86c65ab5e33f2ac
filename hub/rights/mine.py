"""A customer's own requests, when they are signed in: which there are, and asking for something new.

Whoever came in by a code alone has proved an address, no more; what a right needs beyond that is asked for, or seen to
by staff.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from hub.act import Act, Ask
from hub.auth.sessions import Known
from hub.errors import not_found
from hub.rights import intake, timing
from hub.rights.asked import Asked
from hub.rights.conduct import Waiting
from hub.rights.intake import RISK, Identified, NewRequest
from hub.rights.requests import OF_PERSON, OWN, Channel, Move, Request, hold_request, move, stored
from hub.rights.states import State
from hub.rights.values import Identity, Kind
from hub.scope import own

SHOWN_MOST: Final = 100
_MINE = f"""
    SELECT {", ".join(OWN)} FROM rights_request WHERE organisation_id = $1 AND {OF_PERSON.replace("$3", "$2")}
    ORDER BY id DESC LIMIT $3
"""  # noqa: S608 - joined from constants


async def requests_of(ask: Ask) -> list[Request]:
    """Read the newest requests of the customer who is signed in, by one statement."""
    rows = await ask.rows(_MINE, ask.actor.organisation_id, _me(ask), SHOWN_MOST)
    return [stored(row) for row in rows]


async def ask_for(act: Act, kind: Kind, asked: Asked, known: Known) -> Request:
    """Ask for something; open at once where enough is known of who asks, and otherwise waiting for that.

    Refusals as `intake.receive`.
    """
    new = NewRequest(kind, _me(act), Channel.PORTAL, asked, identified=Identified(known))
    request = await intake.receive(act, new)
    if request.state is not State.VERIFYING:
        return request
    changes = {"waiting_for": Waiting.IDENTITY, "resumes_to": State.VERIFYING}
    return await move(act, request, Move("PAUSED", State.PAUSED, Waiting.IDENTITY, changes=changes))


async def needed(ask: Ask, kind: Kind) -> Identity:
    """How surely it must be known who asks, for a right and by what is held of this customer."""
    risk = await ask.row(RISK, _me(ask), ask.actor.organisation_id)
    places: Sequence[str] = risk["jurisdictions"] if risk else ()
    offering = timing.offering(places, kind, ask.at)
    return timing.proof(offering[0], kind, is_sensitive=bool(risk and risk["is_sensitive"]))


async def may_see(ask: Ask, known: Known | None) -> bool:
    """Whether values are shown in full: to whom a copy would be given, on a page or as a file."""
    level = min(await needed(ask, Kind.ACCESS), Identity.REASONABLE, key=list(Identity).index)
    return reaches(known, level)


def reaches(known: Known | None, level: Identity) -> bool:
    """Whether what is known of who is signed in is enough for a level of proof."""
    strength = Identity.NONE if known is None else intake.STRENGTH[Identified(known)]
    return list(Identity).index(strength) >= list(Identity).index(level)


async def note_needed(act: Act, request_id: UUID) -> Request:
    """Note that the copy was what the customer needed."""
    return await move(act, await hold_request(act, request_id), Move("NEEDED"))


def _me(ask: Ask) -> UUID:
    customer_id = own(ask)
    if customer_id is None:
        raise not_found("customer", "customer")
    return customer_id
