"""Proving more, when one is signed in: a fresh code before what cannot be undone, a second identifier for some.

What for is named in the address, by a journey or by a request; where it goes on is made from that, never taken from it.
"""

from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub import entrance
from hub.act import Act
from hub.actors import Operation
from hub.auth import sessions
from hub.auth.codes import Tried
from hub.entrance import Attempt
from hub.errors import not_found
from portal.door import does, shows
from portal.forms import Wrong
from portal.journeys import JOURNEYS
from portal.pages.answers import HOUR_SECONDS, codes
from portal.pages.code import OVER, WRONG, digits_of
from portal.pages.entrance import LINK_OVER, NOT_THAT, number_of, send_again, spend_second
from portal.reader import Page, Reader

VALUE: Final = "value-"
HELD, CLOSE = "held", "close"
SKIPPED: Final = ("ask", "fix")
"""What goes on without a second identifier: a request, which staff then check."""


def _then(reader: Reader) -> tuple[str, ...]:
    """Where it goes on: to a journey's answers, a value's page, a request's package; Refusal NOT_FOUND for all else."""
    what: str = reader.request.path_params["what"]
    if what in JOURNEYS:
        return "ask", what, "check"
    if what in {HELD, CLOSE}:
        return (what,)
    try:
        if what.startswith(VALUE):
            return "fix", str(UUID(what.removeprefix(VALUE)))
        return "requests", str(UUID(what)), "package"
    except ValueError:
        raise not_found("page") from None


def _email(reader: Reader) -> str:
    return reader.typed.get("known", {}).get("email", {}).get("email", "")


def _place(reader: Reader) -> str:
    """Below which address the letter's link lies."""
    return reader.at("confirm", reader.request.path_params["what"])


async def show_confirm(reader: Reader) -> Page | Response:
    """Ask for a fresh code; on to what it is for where one was right just now."""
    then, attempt = _then(reader), Attempt.of(reader.typed)
    if reader.visit and reader.visit.is_fresh:
        return reader.go(*then)
    left = 0
    if attempt is not None:
        async with reader.hub.ask(reader.actor, Operation.OWN_CONDUCT, locale=reader.language) as ask:
            pending = await entrance.pending(ask, attempt)
            left = pending.tries_left if pending else 0
    return Page(
        "confirm.html", {"email": _email(reader), "is_sent": attempt is not None, "left": left, "then": then}
    )


confirm = shows(Operation.OWN_READ)(show_confirm)


@does(Operation.OWN_CONDUCT, again=show_confirm)
async def prove(reader: Reader) -> Response:
    """Send a code to the address that one came in by, or try it; each once for one form."""
    then, attempt = _then(reader), Attempt.of(reader.typed)
    if attempt is None:
        return await _begin(reader)
    if reader.form.one("again"):
        await send_again(reader, attempt, Operation.OWN_CONDUCT, _place(reader))
        return reader.go("confirm", reader.request.path_params["what"])
    digits = digits_of(reader.form.one("code"))
    fresh = sessions.next_token(reader.hub, reader.token or "", reader.form.one("form"))

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        held = Attempt.of(visit.typed) if visit else None
        if visit is None or held is None:
            return {"tried": None}
        tried = await entrance.try_code(act, held, digits)
        if tried is Tried.RIGHT:
            await entrance.confirm(act, visit, fresh)
        return {"tried": tried}

    tried = (await reader.once(Operation.OWN_CONDUCT, make))["tried"]
    if tried in {Tried.WRONG, Tried.OVER}:
        raise Wrong("code", WRONG if tried == Tried.WRONG else OVER)
    if tried == Tried.RIGHT:
        reader.take(fresh)
    return reader.go(*then)


async def show_link(reader: Reader) -> Page | Response:
    """Show the button of a letter's link; opening it does nothing, whoever or whatever opens it."""
    _then(reader)
    return Page(
        "enter_link.html", {"is_confirming": True, "code": ("confirm", reader.request.path_params["what"])}
    )


link = shows(Operation.OWN_READ)(show_link)


@does(Operation.OWN_CONDUCT, again=show_link)
async def follow(reader: Reader) -> Response:
    """Take the letter's link for its code, in the visit that asked for it."""
    then, token = _then(reader), reader.request.path_params["token"]
    fresh = sessions.next_token(reader.hub, reader.token or "", reader.form.one("form"))

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        held = Attempt.of(visit.typed) if visit else None
        is_right = bool(visit and held and await entrance.follow_link(act, held, token))
        if visit is not None and is_right:
            await entrance.confirm(act, visit, fresh)
        return {"is_right": is_right}

    if not (await reader.once(Operation.OWN_CONDUCT, make))["is_right"]:
        raise Wrong("", LINK_OVER)
    reader.take(fresh)
    return reader.go(*then)


async def _begin(reader: Reader) -> Response:
    await reader.spend(HOUR_SECONDS, *codes(reader, _email(reader)))

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        if visit is not None and Attempt.of(visit.typed) is None:
            (await entrance.begin(act, _email(reader), _place(reader))).keep(visit.typed)
            await sessions.keep(act, visit)
        return {}

    await reader.once(Operation.OWN_CONDUCT, make)
    return reader.go("confirm", reader.request.path_params["what"])


async def show_identify(reader: Reader) -> Page | Response:
    """Ask for a customer number."""
    then = _then(reader)
    return Page("identify.html", {"sent": reader.form, "then": then, "may_skip": then[0] in SKIPPED})


identify = shows(Operation.OWN_READ)(show_identify)


@does(Operation.OWN_CONDUCT, again=show_identify)
async def say_who(reader: Reader) -> Response:
    """Take the number, or go on without: then somebody here checks who asks."""
    then, what = _then(reader), reader.request.path_params["what"]
    is_without = bool(reader.form.one("without")) and then[0] in SKIPPED
    number = "" if is_without else number_of(reader)
    if not is_without:
        await spend_second(reader, _email(reader))
    fresh = sessions.next_token(reader.hub, reader.token or "", reader.form.one("form"))

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        if visit is None:
            return {"is_right": False}
        if is_without:
            visit.typed.setdefault("without", {})[what] = True
            await sessions.keep(act, visit)
        return {"is_right": is_without or await entrance.identify(act, visit, number, fresh)}

    if not (await reader.once(Operation.OWN_CONDUCT, make))["is_right"]:
        raise Wrong("number", NOT_THAT)
    if not is_without:
        reader.take(fresh)
    return reader.go(*then)
