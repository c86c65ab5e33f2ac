"""Check it is you: the code that was mailed. Every visitor reads the same here, whether or not we know the address."""

import unicodedata
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.auth import sessions
from hub.auth.codes import CODE_DIGITS, Tried
from hub.auth.sessions import Visit
from hub.rights import proving, timing
from hub.rights.effects import OPT_OUTS
from portal.door import does, shows
from portal.forms import Wrong
from portal.journeys import OTHER, Asking, Journey
from portal.pages.answers import HOUR_SECONDS, codes, passed
from portal.pages.question import journey_of
from portal.reader import Page, Reader
from portal.wording import N_

WRONG: Final = N_("This is not the code we sent last. Look at it again, or send another code")
OVER: Final = N_("This code does not work any more. Send another code")
SHAPE: Final = N_("Enter the code from our email: it has 6 digits")
NO_MORE: Final = N_("We have sent as many codes as we can for this. Use another way")


async def show_code(reader: Reader) -> Page | Response:
    """Ask for the code."""
    journey = journey_of(reader)
    asking = Asking.of(reader.typed, journey.key)
    gone = passed(reader, journey, asking)
    if gone is not None:
        return gone
    if asking.request is None:
        return reader.go("ask", journey.key, "check")
    async with reader.hub.ask(reader.actor, Operation.PORTAL_ASK, locale=reader.language) as ask:
        code = await proving.code_of(ask, asking.request)
    count = len(journey.questions_of(asking)) + 2
    zone = timing.ZONES[asking.get("place")]
    return Page("code.html", {
        "journey": journey, "asking": asking, "number": count, "of": count, "sent": reader.form,
        "is_stopped": journey.kind_of(asking) in OPT_OUTS and asking.get("who") != OTHER,
        "until": code and code.expires_at.astimezone(zone), "left": code.tries_left if code else 0,
    })  # fmt: skip


code = shows(Operation.PORTAL_READ)(show_code)


@does(Operation.PORTAL_ASK, again=show_code)
async def prove(reader: Reader) -> Response:
    """Try a code, or send another one; each once for one form, however often it is sent."""
    journey = journey_of(reader)
    if reader.form.one("again"):
        return await _send_again(reader, journey)
    digits = digits_of(reader.form.one("code"))
    fresh = sessions.next_token(reader.hub, reader.token or "", reader.form.one("form"))

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        asking = Asking.of(visit.typed, journey.key) if visit else Asking()
        if visit is None or asking.request is None:
            return {"tried": None, "done": asking.done}
        tried, request = await proving.try_code(act, asking.request, digits)
        done = await _prove(act, visit, journey, request.id, fresh) if tried is Tried.RIGHT else None
        return {"tried": tried, "done": done}

    said = await reader.once(Operation.PORTAL_ASK, make)
    if said["tried"] in {Tried.WRONG, Tried.OVER}:
        raise Wrong("code", WRONG if said["tried"] == Tried.WRONG else OVER)
    if said["tried"] == Tried.RIGHT:
        reader.take(fresh)
    if said["done"] is None:
        return reader.go("ask", journey.key, journey.questions[0])
    return reader.go("requests", said["done"], "done")


async def _prove(act: Act, visit: Visit, journey: Journey, request_id: UUID, fresh: str) -> int:
    """Let the visit follow the request, under a new token."""
    proved = visit.typed.setdefault("requests", [])
    proved.append(str(request_id))
    asking = Asking.of(visit.typed, journey.key)
    asking.request, asking.done = None, len(proved)
    asking.keep(visit.typed, journey.key)
    await sessions.keep(act, visit, fresh)
    return len(proved)


async def _send_again(reader: Reader, journey: Journey) -> Response:
    asking = Asking.of(reader.typed, journey.key)
    request_id = asking.request
    if request_id is None:
        return reader.go("ask", journey.key, "code")
    await reader.spend(HOUR_SECONDS, *codes(reader, asking.get("email")))

    async def make(act: Act) -> dict[str, Any]:
        await proving.send_again(act, request_id)
        return {}

    async with reader.hub.ask(reader.actor, Operation.PORTAL_ASK) as ask:
        if await proving.codes_left(ask, request_id) == 0:
            raise Wrong("", NO_MORE)
    await reader.once(Operation.PORTAL_ASK, make)
    return reader.go("ask", journey.key, "code")


def digits_of(said: str) -> str:
    """Return a code's digits, in whichever script and grouping they were typed; Wrong for no code: no try is lost."""
    found = "".join(
        str(unicodedata.digit(letter)) for letter in said[:50] if unicodedata.digit(letter, None) is not None
    )
    others = [
        each for each in said if not each.isspace() and each != "-" and unicodedata.digit(each, None) is None
    ]
    if len(found) != CODE_DIGITS or others or len(said) > 50:  # noqa: PLR2004 - longer than any way to write six digits
        raise Wrong("code", SHAPE)
    return found
