"""Signing in: an address, the code or the link that was sent there, and where several share it, who it is.

Every visitor reads the same here, at the same cost, until a code has come back. Opening a letter's link does nothing.
"""

from typing import Any, Final

from starlette.responses import Response

from hub import entrance
from hub.act import Act
from hub.actors import Operation
from hub.auth import attempts, sessions
from hub.auth.codes import Tried
from hub.auth.sessions import Visit
from hub.entrance import Attempt, Came
from hub.errors import Refusal
from portal.door import does, shows
from portal.forms import Wrong
from portal.journeys import CLOSE, Asking
from portal.pages.answers import HOUR_SECONDS, codes
from portal.pages.code import NO_MORE, OVER, WRONG, digits_of
from portal.pages.question import VISITS_MOST, VISITS_SECONDS
from portal.reader import Page, Reader
from portal.wording import N_

SECONDS_MOST: Final = 5
"""Customer numbers an hour that are tried for one address."""
ADDRESS: Final = N_("Enter your email address in full, like name@example.com")
NUMBER: Final = N_("Enter your customer number, or your phone number with its country code")
NOT_THAT: Final = N_("We could not find you by this together with your email address. Look at it again")
LINK_OVER: Final = N_(
    "This link does not work any more, or was asked for in another browser. Type the code from our letter instead"
)


async def show_enter(reader: Reader) -> Page | Response:
    """Ask for the address."""
    given = {"sent": reader.form, "is_closing": _is_closing(reader)}
    return reader.go() if reader.is_signed_in else Page("enter.html", given)


enter = shows(Operation.PORTAL_READ)(show_enter)


@does(Operation.PORTAL_ENTER, again=show_enter)
async def begin(reader: Reader) -> Response:
    """Send a code and a link to the address, whoever has it."""
    try:
        email = reader.hub.vault.blind_email(reader.form.one("email")).normalised
    except Refusal:
        raise Wrong("email", ADDRESS) from None
    await reader.spend(HOUR_SECONDS, *codes(reader, email))
    if reader.visit is None:
        purse = attempts.purse(reader.hub, VISITS_MOST, "visit", reader.network)
        await reader.spend(VISITS_SECONDS, purse)
    fresh = sessions.next_token(reader.hub, reader.token or "", reader.form.one("form"))

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        typed = visit.typed if visit else {}
        (await entrance.begin(act, email, reader.at("enter", "link"))).keep(typed)
        await (sessions.keep(act, visit, fresh) if visit else sessions.begin(act, fresh, typed))
        return {}

    await reader.once(Operation.PORTAL_ENTER, make)
    reader.take(fresh)
    return reader.go("enter", "code")


async def show_code(reader: Reader) -> Page | Response:
    """Ask for the code."""
    attempt = Attempt.of(reader.typed)
    if reader.is_signed_in or attempt is None:
        return reader.go() if reader.is_signed_in else reader.go("enter")
    if attempt.is_proved:
        return reader.go("enter", "which")
    async with reader.hub.ask(reader.actor, Operation.PORTAL_ENTER, locale=reader.language) as ask:
        pending = await entrance.pending(ask, attempt)
    return Page("enter_code.html", {"attempt": attempt, "left": pending.tries_left if pending else 0})


code = shows(Operation.PORTAL_READ)(show_code)


@does(Operation.PORTAL_ENTER, again=show_code)
async def prove(reader: Reader) -> Response:
    """Try a code, or send another one; each once for one form, however often it is sent."""
    attempt = Attempt.of(reader.typed)
    if attempt is None:
        return reader.go("enter")
    if reader.form.one("again"):
        await send_again(reader, attempt, Operation.PORTAL_ENTER, reader.at("enter", "link"))
        return reader.go("enter", "code")
    digits = digits_of(reader.form.one("code"))

    async def body(act: Act, visit: Visit, held: Attempt, fresh: str) -> dict[str, Any]:
        tried = await entrance.try_code(act, held, digits)
        came = await entrance.come_in(act, visit, held, fresh) if tried is Tried.RIGHT else None
        return {"tried": tried, "came": came}

    said = await _step(reader, body)
    if said.get("tried") in {Tried.WRONG, Tried.OVER}:
        raise Wrong("code", WRONG if said["tried"] == Tried.WRONG else OVER)
    return _came(reader, said.get("came"))


async def show_link(reader: Reader) -> Page | Response:
    """Show the button of a letter's link; opening it does nothing, whoever or whatever opens it."""
    return (
        reader.go()
        if reader.is_signed_in
        else Page("enter_link.html", {"code": ("enter", "code"), "is_confirming": False})
    )


link = shows(Operation.PORTAL_READ)(show_link)


@does(Operation.PORTAL_ENTER, again=show_link)
async def follow(reader: Reader) -> Response:
    """Come in by the link, in the visit that asked for it."""
    token: str = reader.request.path_params["token"]

    async def body(act: Act, visit: Visit, held: Attempt, fresh: str) -> dict[str, Any]:
        is_right = await entrance.follow_link(act, held, token)
        return {"came": await entrance.come_in(act, visit, held, fresh) if is_right else "OVER"}

    said = await _step(reader, body)
    if said.get("came", "OVER") == "OVER":
        raise Wrong("", LINK_OVER)
    return _came(reader, said["came"])


async def show_which(reader: Reader) -> Page | Response:
    """Ask for something else that we know, where several customers share the address."""
    attempt = Attempt.of(reader.typed)
    if reader.is_signed_in or attempt is None or not attempt.is_proved:
        return reader.go() if reader.is_signed_in else reader.go("enter")
    return Page("which.html", {"sent": reader.form})


which = shows(Operation.PORTAL_READ)(show_which)


@does(Operation.PORTAL_ENTER, again=show_which)
async def say_which(reader: Reader) -> Response:
    """Let in who has the number."""
    attempt, number = Attempt.of(reader.typed), number_of(reader)
    if attempt is not None:
        await spend_second(reader, attempt.email)

    async def body(act: Act, visit: Visit, held: Attempt, fresh: str) -> dict[str, Any]:
        is_right = await entrance.say_which(act, visit, held, number, fresh)
        return {"came": Came.IN if is_right else "WRONG"}

    said = await _step(reader, body)
    if said.get("came") == "WRONG":
        raise Wrong("number", NOT_THAT)
    return _came(reader, said.get("came"))


def number_of(reader: Reader) -> str:
    """A number as it was typed; Wrong for nothing, or for more than any has."""
    said = " ".join(reader.form.one("number").split())
    if not said or len(said) > 100:  # noqa: PLR2004 - longer than any number
        raise Wrong("number", NUMBER)
    return said


async def spend_second(reader: Reader, email: str) -> None:
    """Count one more number that is tried for an address."""
    purse = attempts.purse(reader.hub, SECONDS_MOST, "second", str(reader.house.id), email)
    await reader.spend(HOUR_SECONDS, purse)


async def send_again(reader: Reader, attempt: Attempt, operation: Operation, place: str) -> None:
    """Send one more code, and a link below `place`; Wrong after the last, Later where a budget is spent."""
    await reader.spend(HOUR_SECONDS, *codes(reader, attempt.email))
    async with reader.hub.ask(reader.actor, operation) as ask:
        if await entrance.codes_left(ask, attempt) == 0:
            raise Wrong("", NO_MORE)

    async def make(act: Act) -> dict[str, Any]:
        await entrance.send_code(act, attempt, place)
        return {}

    await reader.once(operation, make)


async def _step(reader: Reader, body: Any) -> dict[str, Any]:
    """Do a step with the visit's attempt held, once for this form; through it, the visit goes on under a new token."""
    fresh = sessions.next_token(reader.hub, reader.token or "", reader.form.one("form"))

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        held = Attempt.of(visit.typed) if visit else None
        return await body(act, visit, held, fresh) if visit and held else {}

    said = await reader.once(Operation.PORTAL_ENTER, make)
    if said.get("came") in set(Came):
        reader.take(fresh)
    return said


def _came(reader: Reader, came: str | None) -> Response:
    places: dict[str | None, tuple[str, ...]] = {
        Came.IN: ("close",) if _is_closing(reader) else (),
        Came.WHICH: ("enter", "which"), Came.NOBODY: ("enter", "nobody"),
    }  # fmt: skip
    return reader.go(*places.get(came, ("enter",)))


def _is_closing(reader: Reader) -> bool:
    """Whether they were about to close their account, and could not before they signed in."""
    return bool(Asking.of(reader.typed, "stop").get(CLOSE, "remedy"))


async def show_nobody(reader: Reader) -> Page | Response:
    """Say that the address leads to nobody we know of, once it was proved."""
    return reader.go() if reader.is_signed_in or not reader.visit else Page("nobody.html")


nobody = shows(Operation.PORTAL_READ)(show_nobody)
