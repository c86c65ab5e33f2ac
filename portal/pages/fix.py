"""Having one value put right: what we hold in each place, and what is right; it becomes a request."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub import kept
from hub.act import Act
from hub.actors import Operation
from hub.auth import attempts, sessions
from hub.errors import Refusal, not_found
from hub.kept import Value
from hub.rights import mine
from hub.rights.asked import Asked
from hub.rights.values import Kind
from portal import fields
from portal.door import does, shows
from portal.forms import Wrong
from portal.pages.answers import HOUR_SECONDS
from portal.pages.entrance import ADDRESS
from portal.pages.held import said_of, sees, shows_in_full
from portal.pages.own import lacks
from portal.pages.proof import VALUE
from portal.reader import Page, Reader
from portal.wording import CATALOGUES, N_

MISSING = N_("Say what is right")
SAME = N_("This is what we hold already")
LONG = N_("Use 500 characters at most")
VALUE_CHARACTERS = 500
FIXES_MOST: Final = 20
"""Forms an hour that one customer sends, whatever comes of them."""


async def show_fix(reader: Reader) -> Page:
    """Show a value in every place where we hold it, and ask what is right."""
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        places, is_open = await kept.read_value(ask, _id(reader)), await sees(reader, ask)
    typed = reader.typed.get("fixing", {}).get(str(_id(reader)), {})
    label = fields.label(places[0].name, CATALOGUES[reader.language].gettext)
    values = [(said_of(reader, each, is_open=is_open), each.since.date(), each.system) for each in places]
    given = {
        "label": label,
        "values": values,
        "typed": typed,
        "sent": reader.form,
        "is_email": _is_email(places),
    }
    return Page("fix.html", given)


fixing = shows(Operation.OWN_READ)(show_fix)


@does(Operation.OWN_CONDUCT, again=show_fix)
async def fix(reader: Reader) -> Response:
    """Ask for the change, once for this form; first for a fresh code where it is the address that lets one in."""
    await reader.spend(HOUR_SECONDS, attempts.purse(reader.hub, FIXES_MOST, "fix", str(reader.actor.id)))
    places, is_open = await _places(reader)
    value, why = _said(reader, places, is_open=is_open), reader.form.text("why")
    name = f"{VALUE}{_id(reader)}"
    if _is_email(places) and reader.visit and not reader.visit.is_fresh:
        return await _first(reader, value, why, "confirm", name)
    if not reader.typed.get("without", {}).get(name) and await lacks(reader, Kind.RECTIFICATION):
        return await _first(reader, value, why, "identify", name)
    asked = _asked(reader, places, value, why)

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        if visit is None or visit.identified is None:
            return {"request": None}
        request = await mine.ask_for(act, Kind.RECTIFICATION, asked, visit.identified)
        visit.typed.get("fixing", {}).pop(str(_id(reader)), None)
        await sessions.keep(act, visit)
        return {"request": str(request.id)}

    made = (await reader.once(Operation.OWN_CONDUCT, make))["request"]
    return reader.go("requests", made, "done") if made else reader.go("enter")


async def _first(reader: Reader, value: str, why: str, *places: str) -> Response:
    """Keep what was typed, and go to what has to be proved first."""

    async def make(act: Act) -> dict[str, Any]:
        visit = await sessions.hold(act, reader.token)
        if visit is not None:
            visit.typed.setdefault("fixing", {})[str(_id(reader))] = {"value": value, "why": why}
            await sessions.keep(act, visit)
        return {}

    await reader.once(Operation.OWN_CONDUCT, make)
    return reader.go(*places)


def _asked(reader: Reader, places: list[Value], value: str, why: str) -> Asked:
    """What is asked for: a new value of a field; of an address or a number, which a person changes, in words.

    Whoever received the old value is told also where the law leaves that to the customer: the page says so.
    """
    if places[0].kind == "PROFILE":
        return Asked(why, changes={places[0].name: value}, tells_recipients=True)
    label = fields.label(places[0].name, CATALOGUES[reader.language].gettext)
    words = "\n\n".join([f"{label}: {places[0].value} → {value}", *([why] if why else [])])
    return Asked(words, tells_recipients=True)


def _said(reader: Reader, places: list[Value], *, is_open: bool) -> str:
    value = " ".join(reader.form.text("value", MISSING).split())
    if len(value) > VALUE_CHARACTERS:
        raise Wrong("value", LONG)
    # What is masked is not compared either: the answer would tell whoever guesses it.
    if all(each.value == value and shows_in_full(reader, each, is_open=is_open) for each in places):
        raise Wrong("value", SAME)
    if _is_email(places):
        try:
            reader.hub.vault.blind_email(value)
        except Refusal:
            raise Wrong("value", ADDRESS) from None
    return value


def _is_email(places: Sequence[Value]) -> bool:
    return places[0].kind == "IDENTIFIER" and places[0].name == "EMAIL"


async def _places(reader: Reader) -> tuple[list[Value], bool]:
    """Where the value is held, and whether this visit sees values in full."""
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        return list(await kept.read_value(ask, _id(reader))), await sees(reader, ask)


def _id(reader: Reader) -> UUID:
    try:
        return UUID(reader.request.path_params["value"])
    except ValueError:
        raise not_found("value") from None
