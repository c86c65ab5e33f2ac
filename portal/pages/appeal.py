"""Complaining about one request: what went wrong, what is wanted; who decides, and where else one can turn."""

from typing import Any

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.auth import attempts, sessions
from hub.policy.values import Jurisdiction
from hub.rights import appealing
from hub.rights.appealing import NewAppeal
from hub.rights.intake import Identified
from hub.rights.law import PLACES
from hub.rights.requests import Channel
from portal.door import does, shows
from portal.journeys import NAMES
from portal.pages.answers import HOUR_SECONDS
from portal.pages.request import ADDED_MOST, following, may_appeal, number_of, own
from portal.reader import Page, Reader
from portal.wording import N_

MISSING = N_("Say what went wrong")


async def show_appeal(reader: Reader) -> Page | Response:
    """Ask what went wrong; where there is no cause in the request itself, it is a complaint of its own."""
    async with following(reader) as (ask, request):
        if not may_appeal(request, ask):
            return reader.go("ask", "complain", "words")
        given = {
            "request": request, "number": number_of(reader), "names": NAMES, "sent": reader.form,
            "regulators": PLACES[Jurisdiction(request.jurisdictions[0])].regulators,
        }  # fmt: skip
        return Page("appeal.html", given)


form = shows(Operation.PORTAL_FOLLOW)(show_appeal)


@does(Operation.PORTAL_ASK, again=show_appeal)
async def appeal(reader: Reader) -> Response:
    """Take the complaint in, once; the visit that follows the request follows it too."""
    request_id, actor = own(reader)
    words = [reader.form.text("words", MISSING), reader.form.text("wanted")]
    await reader.spend(
        HOUR_SECONDS, attempts.purse(reader.hub, ADDED_MOST, "appeal", str(actor.id or reader.network))
    )

    known = (
        Identified(reader.visit.identified) if reader.visit and reader.visit.identified else Identified.CODE
    )

    async def make(act: Act) -> dict[str, Any]:
        text = "\n\n".join(each for each in words if each)
        complaint = await appealing.appeal(act, request_id, NewAppeal(text, Channel.PORTAL, known))
        if actor.kind == "customer":
            return {"number": str(complaint.id)}
        return {"number": await _follow(reader, act, str(complaint.id))}

    made = await reader.once(Operation.PORTAL_ASK, make, actor)
    return reader.go("requests", made["number"], "done")


async def _follow(reader: Reader, act: Act, complaint: str) -> str:
    """Let the visit follow it; returns its place there."""
    visit = await sessions.hold(act, reader.token)
    if visit is None:
        return "1"
    followed: list[str] = visit.typed.setdefault("requests", [])
    if complaint not in followed:
        followed.append(complaint)
        await sessions.keep(act, visit)
    return str(followed.index(complaint) + 1)
