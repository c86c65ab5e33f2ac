"""Check your answers, and send: the request is taken in, and a code is mailed that proves who sent it."""

from typing import Any, Final

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.auth import attempts, sessions
from hub.auth.attempts import Purse
from hub.rights import proving
from hub.rights.proving import Guest
from hub.rights.values import Kind
from portal.door import does, shows
from portal.journeys import NAMES, PLACES, ROLES, Asking, Journey, unsent
from portal.pages import entries, own
from portal.pages.question import categories_of, journey_of, purposes_of
from portal.reader import Page, Reader

HOUR_SECONDS: Final = 3_600
CODES_THERE: Final = 6
"""Codes an hour to one address, asked for from one network."""
CODES_ADDRESS: Final = 30
"""Codes an hour to one address, wherever they are asked for: more than a person needs, too few to bury a mailbox."""
CODES_NETWORK: Final = 60


async def show_answers(reader: Reader) -> Page | Response:
    """Show what was answered; the first question without an answer, if there is one."""
    journey = journey_of(reader)
    asking = Asking.of(reader.typed, journey.key)
    gone = passed(reader, journey, asking)
    if gone is not None:
        return gone
    questions = journey.questions_of(asking)
    given: dict[str, Any] = {
        "journey": journey, "asking": asking, "questions": questions, "names": NAMES, "places": PLACES,
        "kind": journey.kind_of(asking), "roles": ROLES, "number": len(questions) + 1, "of": len(questions) + 2,
    }  # fmt: skip
    if "words" in questions:
        given |= await entries.shown(reader, asking)
    if "topics" in questions:
        given |= await categories_of(reader, asking)
    if "purpose" in questions:
        given |= await purposes_of(reader, asking)
    return Page("answers.html", given)


def passed(reader: Reader, journey: Journey, asking: Asking) -> Response | None:
    """Where this page is not for whoever asks: what was sent already, or a question that comes first."""
    if asking.done is not None:
        return reader.go("requests", asking.done, "done")
    missing = journey.missing(asking)
    return None if missing is None else reader.go("ask", journey.key, missing)


answers = shows(Operation.PORTAL_READ)(show_answers)


@does(Operation.PORTAL_ASK, again=show_answers)
async def send(reader: Reader) -> Response:
    """Take the request in, once for these answers, from however many tabs."""
    journey = journey_of(reader)
    asking = Asking.of(reader.typed, journey.key)
    gone = passed(reader, journey, asking)
    if gone is not None:
        return gone
    if reader.is_signed_in:
        return await own.send(reader, journey, asking)
    if asking.request is None:
        await reader.spend(HOUR_SECONDS, *codes(reader, asking.get("email")))

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        held = Asking.of(visit.typed, journey.key) if visit else Asking()
        if visit is None or journey.missing(held) is not None:
            return {"sent": False}
        if held.request is None and held.done is None:
            held.request = await _receive(act, journey, held)
            held.keep(visit.typed, journey.key)
            await sessions.keep(act, visit)
        return {"sent": True}

    await reader.once(Operation.PORTAL_ASK, make)
    return reader.go("ask", journey.key, "code")


def codes(reader: Reader, email: str) -> list[Purse]:
    """The budgets that a code to an address is spent from."""
    hub, network = reader.hub, reader.network
    return [
        attempts.purse(hub, CODES_THERE, "code", email, network),
        attempts.purse(hub, CODES_ADDRESS, "code", email),
        attempts.purse(hub, CODES_NETWORK, "codes", network),
    ]


async def _receive(act: Act, journey: Journey, asking: Asking) -> Any:
    kind = journey.kind_of(asking) or Kind.ACCESS
    guest = Guest(
        kind, asking.get("place"), asking.get("email"), journey.asked(asking), journey.asker(asking), act.locale,
        files=unsent(asking),
    )  # fmt: skip
    return (await proving.receive_guest(act, guest)).request.id
