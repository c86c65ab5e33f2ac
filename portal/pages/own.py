"""Asking when one is signed in: no code for what is known already, a fresh one before what cannot be undone."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from hub import seconds
from hub.act import Act
from hub.actors import Operation
from hub.auth import sessions
from hub.auth.sessions import Known
from hub.policy.values import Jurisdiction
from hub.rights import attachments, mine
from hub.rights.law import RIGHTS
from hub.rights.values import Kind
from portal.forms import Wrong
from portal.journeys import Asking, Journey, unsent
from portal.pages.question import INSTEAD
from portal.reader import Reader


async def send(reader: Reader, journey: Journey, asking: Asking) -> Response:
    """Send the answers, once from however many tabs; first to whatever this right needs of who asks."""
    kind = journey.kind_of(asking) or Kind.ACCESS
    _require_offered(asking, kind)
    first = await _first(reader, journey, kind)
    if first is not None:
        return first

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        held = Asking.of(visit.typed, journey.key) if visit else Asking()
        if visit is None or visit.identified is None or journey.missing(held) is not None:
            return {"done": None}
        if held.done is None:
            request = await mine.ask_for(act, kind, journey.asked(held), visit.identified)
            await attachments.attach(act, request, unsent(held))
            held.done = str(request.id)
            held.keep(visit.typed, journey.key)
            await sessions.keep(act, visit)
        return {"done": held.done}

    done = (await reader.once(Operation.PORTAL_ASK, make))["done"]
    return reader.go("requests", done, "done") if done else reader.go("ask", journey.key, "check")


def _require_offered(asking: Asking, kind: Kind) -> None:
    """Raise Wrong for a right that the law of where they live does not give; it says what to ask for instead."""
    right = RIGHTS[Jurisdiction(asking.get("place")), kind]
    if not right.is_offered:
        raise Wrong("", INSTEAD.get(right.instead, INSTEAD[None]))


async def _first(reader: Reader, journey: Journey, kind: Kind) -> Response | None:
    """Where to go before: to a fresh code for a deletion, to a second identifier where a code is too little."""
    visit = reader.visit
    if kind is Kind.DELETION and visit and not visit.is_fresh:
        return reader.go("confirm", journey.key)
    if reader.typed.get("without", {}).get(journey.key):
        return None
    return reader.go("identify", journey.key) if await lacks(reader, kind) else None


async def lacks(reader: Reader, kind: Kind) -> bool:
    """Whether a right needs a second identifier that who is signed in has not given, and could give."""
    known, who = reader.visit and reader.visit.identified, reader.actor.id
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        level = await mine.needed(ask, kind)
        return (
            isinstance(who, UUID)
            and not mine.reaches(known, level)
            and mine.reaches(Known.TWO_IDENTIFIERS, level)
            and await seconds.is_there(ask, who)
        )
