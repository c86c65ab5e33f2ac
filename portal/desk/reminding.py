"""Reminding everybody who was written to and has not answered, at once: first who and how many, then done."""

from typing import Any

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.rights import mailing
from portal.desk.entrance import AtDesk, does, shows
from portal.reader import Page


async def show_waiting(reader: AtDesk) -> Page:
    """Show whom a reminder would go to, and about what; nothing is sent by that."""
    async with reader.hub.ask(reader.actor, Operation.REQUEST_CONDUCT) as ask:
        waiting = await mailing.unanswered(ask)
    return Page("desk/remind.html", {"waiting": waiting, "letters": mailing.letters_for(waiting)})


reminding = shows(Operation.REQUEST_CONDUCT)(show_waiting)


@does(Operation.REQUEST_CONDUCT, again=show_waiting)
async def remind(reader: AtDesk) -> Response:
    """Write to all of them, one letter each, once for this form."""

    async def make(act: Act) -> dict[str, Any]:
        return {"tasks": await mailing.remind_all(act)}

    await reader.once(Operation.REQUEST_CONDUCT, make)
    return reader.go("tasks", "remind")
