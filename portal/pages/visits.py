"""Where one is signed in: every visit of one's own, and the end of each or of all."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.auth import sessions
from hub.errors import not_found
from hub.rights import timing
from portal.door import does, shows
from portal.pages.home import LEAVES
from portal.reader import Page, Reader


async def show_visits(reader: Reader) -> Page | Response:
    """List the visits, the newest first."""
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        found = await sessions.of_customer(ask, _who(reader))
    here = reader.visit.id if reader.visit else None
    zone = timing.zone(reader.typed.get("known", {}).get("place", {}).get("place"))
    shown = [
        (each.id == here, each.id, *(at.astimezone(zone) for at in (each.begun_at, each.seen_at)))
        for each in found
    ]
    return Page("visits.html", {"visits": shown})


visits = shows(Operation.OWN_READ)(show_visits)


@does(Operation.OWN_CONDUCT, again=show_visits)
async def end(reader: Reader) -> Response:
    """End one visit, or all of them, this one too; one that is over already, or another's, changes nothing."""
    said, here = reader.form.one("visit"), reader.visit.id if reader.visit else None
    visit_id = None if said == "all" else _id(said)

    async def body(act: Act) -> dict[str, Any]:
        ended = await sessions.end_own(act, _who(reader), visit_id)
        await act.record("portal.visits_ended", _who(reader), visits=ended)
        return {}

    await reader.perform(Operation.OWN_CONDUCT, body)
    if visit_id not in {None, here}:
        return reader.go("visits")
    answer = reader.go()
    reader.forget()
    answer.headers["clear-site-data"] = LEAVES
    return answer


def _id(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise not_found("visit") from None


def _who(reader: Reader) -> UUID:
    who = reader.actor.id
    if who is None:
        raise not_found("customer")
    return who
