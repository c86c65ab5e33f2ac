"""The page of a deed: its form, the letter previewed as sent, and the deed itself, done once."""

import dataclasses
from typing import Any, Final

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.auth import signing_in
from hub.errors import Refusal
from hub.letters.revising import Preview
from hub.letters.templates import Key
from hub.rights import packages, writing
from hub.rights.advice import Deed
from hub.rights.fulfilling import FOUND_FIRST
from hub.rights.packages import Access
from portal.desk import names
from portal.desk.deeds import FORMS, Form, Said, suggestion, wrong_of
from portal.desk.entrance import AtDesk, does, shows
from portal.desk.signing import digits
from portal.desk.situation import Situation, situation
from portal.door import rendered
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_

CODE_WRONG: Final = N_("This is not a new code of your app. Wait for the next one and type that")

AGAIN: Final = N_("Sign in again by your provider first: that was some minutes ago")


async def show_deed(reader: AtDesk) -> Page:
    """Show the form of a deed."""
    deed = _deed(reader)
    now = await situation(reader, Operation.REQUEST_CONDUCT)
    said = Said(reader.form.one("choice"), reader.form.one("message"))
    return _page(reader, deed, now, said if reader.form.fields else Said(message=suggestion(deed, now, "")))


deed = shows(Operation.REQUEST_CONDUCT)(show_deed)


@does(Operation.REQUEST_CONDUCT, again=show_deed)
async def do_deed(reader: AtDesk) -> Response:
    """Do it; first show the letter that goes out by it, as it will be sent."""
    deed = _deed(reader)
    form = FORMS[deed]
    now = await situation(reader, Operation.REQUEST_CONDUCT)
    said = _said(reader, deed, form, now)
    if form.letter and reader.form.one("do") != "send":
        return rendered(reader, _page(reader, deed, now, said, await _preview(reader, form, now, said)))
    if form.is_final:
        await prove(reader)

    async def make(act: Act) -> dict[str, Any]:
        await form.do(act, now.request.id, said)
        return {}

    try:
        await reader.once(Operation.REQUEST_CONDUCT, make)
    except Refusal as refusal:
        raise wrong_of(refusal) from None
    return reader.go("requests", now.request.reference)


async def prove(reader: AtDesk) -> None:
    """Ask for a new code where the last one is some minutes old; the browser gets a new token with it."""
    if reader.here.is_fresh:
        return
    if not reader.here.has_password:
        raise Wrong("code", AGAIN)
    token = await signing_in.prove(
        reader.hub, reader.actor, reader.token or "", digits(reader.form.one("code"))
    )
    if token is None:
        raise Wrong("code", CODE_WRONG)
    reader.take(token)


def _deed(reader: AtDesk) -> Deed:
    """Which deed an address is of: each has one of its own."""
    return Deed(reader.request.url.path.rpartition("/")[2])


def _said(reader: AtDesk, deed: Deed, form: Form, now: Situation) -> Said:
    choice = ""
    if form.options:
        choice = reader.form.choice("choice", list(form.options(now, reader.language)), N_("Choose one"))
    if not form.message:
        return Said(choice)
    begun = suggestion(deed, now, choice) if form.options else ""
    written = reader.form.text("message") or begun
    if not written:
        raise Wrong("message", N_("Write what you want to say"))
    return Said(choice, written)


async def _preview(reader: AtDesk, form: Form, now: Situation, said: Said) -> Preview:
    """The letter as it will be sent; Wrong at the text where it cannot be."""
    assert form.letter  # noqa: S101 - whoever calls has looked
    about, letter = now.request, form.letter
    if now.clock.extended_due:
        about = dataclasses.replace(about, due_on=now.clock.extended_due)
    try:
        async with reader.hub.ask(reader.actor, Operation.REQUEST_CONDUCT) as ask:
            copy = await packages.of(ask, about.id) if about.kind in FOUND_FIRST else None
            if letter is Key.RIGHTS_ANSWERED and copy and copy.state is not Access.EXPIRED:
                letter = Key.RIGHTS_READY  # with a copy goes the letter that says where it lies
            words = form.as_sent(about, ask.at, said.message) if form.as_sent else said.message
            return await writing.preview(ask, about, letter, words)
    except Refusal as refusal:
        raise Wrong("message", refusal.message) from None


def _page(reader: AtDesk, deed: Deed, now: Situation, said: Said, letter: Preview | None = None) -> Page:
    form = FORMS[deed]
    return Page("desk/deed.html", {
        "deed": deed, "form": form, "now": now, "request": now.request, "said": said, "names": names, "letter": letter,
        "options": form.options(now, reader.language) if form.options else {},
        "is_possible": deed in now.possible, "asks_code": form.is_final and not reader.here.is_fresh,
    })  # fmt: skip
