"""May we refer you? What it is about, the answer, what became of it, and taking it back.

The same page by the link of a letter and for whoever is signed in. By the link it shows masks: whoever reads the
mailbox may not be its owner. Opening it does nothing.
"""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.errors import Code, Refusal, not_found
from hub.partners import consenting
from hub.partners.consenting import Seen
from hub.rights import timing
from portal import fields
from portal.door import does, rendered, shows
from portal.forms import Wrong
from portal.pages.held import named, sees
from portal.reader import Page, Reader
from portal.wording import CATALOGUES, N_

YES, NO, BACK = "yes", "no", "back"
ANSWERS = (YES, NO, BACK)
CHOOSE = N_("Choose yes or no")
NOT_NOW = N_("We may not ask you this any more, since you told us so. Nothing was given to anybody")


@shows(Operation.OWN_READ)
async def referrals(reader: Reader) -> Page:
    """List what we asked, to whom we referred them, and how each stands, a stretch at a time."""
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        found, rest = await consenting.own(ask, _before(reader))
    return Page("referrals.html", {"found": [(each, _purpose(reader, each)) for each in found], "rest": rest})


async def open_questions(reader: Reader) -> list[tuple[Seen, str]]:
    """What waits for an answer of whoever is signed in, each with its question."""
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        found = await consenting.waiting(ask)
    return [(each, named(each.question.wording, reader.language)) for each in found if each.question]


async def show_own(reader: Reader) -> Page:
    """Show one to whom it is about."""
    referral_id = _id(reader)
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        await consenting.require_own(ask, referral_id)
        seen, is_open = await consenting.look(ask, referral_id), await sees(reader, ask)
    return _page(reader, seen, is_open=is_open)


own = shows(Operation.OWN_READ)(show_own)


@does(Operation.OWN_CONDUCT, again=show_own)
async def say_own(reader: Reader) -> Response:
    """Take the answer of whoever is signed in."""
    referral_id = _id(reader)
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        await consenting.require_own(ask, referral_id)
    return await _say(reader, referral_id, Operation.OWN_CONDUCT, ("referrals", referral_id))


async def show_asked(reader: Reader) -> Page:
    """Show what a letter's link is for."""
    async with reader.hub.ask(reader.visitor, Operation.REFERRAL_ANSWER, locale=reader.language) as ask:
        seen = await consenting.look(ask, await consenting.by_link(ask, _token(reader)))
    return _page(reader, seen, is_open=False)


asked = shows(Operation.REFERRAL_ANSWER)(show_asked)


@does(Operation.REFERRAL_ANSWER, again=show_asked)
async def say_asked(reader: Reader) -> Response:
    """Take the answer of whoever has the link."""
    async with reader.hub.ask(reader.visitor, Operation.REFERRAL_ANSWER, locale=reader.language) as ask:
        referral_id = await consenting.by_link(ask, _token(reader))
    return await _say(reader, referral_id, Operation.REFERRAL_ANSWER, ("question", _token(reader)))


async def _say(
    reader: Reader, referral_id: UUID, operation: Operation, place: tuple[object, ...]
) -> Response:
    """Do what was chosen, once for this form; the browser is sent to the page, which says how it stands."""
    actor = reader.actor if operation is Operation.OWN_CONDUCT else reader.visitor
    said = reader.form.choice("answer", ANSWERS, CHOOSE)
    async with reader.hub.ask(actor, operation, locale=reader.language) as ask:
        seen = await consenting.look(ask, referral_id)
    if said == YES and seen.can_answer and seen.asks_twice and not reader.form.one("sure"):
        shown = _page(reader, seen, is_open=False)
        return rendered(reader, Page("referral_sure.html", shown.given))

    async def make(act: Act) -> dict[str, Any]:
        if said == BACK:
            await consenting.take_back(act, referral_id)
        else:
            await consenting.answer(act, referral_id, is_yes=said == YES)
        return {}

    try:
        await reader.once(operation, make, actor)
    except Refusal as refusal:
        if refusal.code is Code.CONFLICT:
            raise Wrong("", NOT_NOW) from None
        raise
    return reader.go(*place)


def _page(reader: Reader, seen: Seen, *, is_open: bool) -> Page:
    said = CATALOGUES[reader.language].gettext
    email = reader.typed.get("known", {}).get("email", {}).get("email")
    values = [
        (fields.label(each.name if each.category != "contact" else each.name.upper(), said),
         each.value if is_open or each.value == email else each.mask)
        for each in seen.values
    ]  # fmt: skip
    is_masked = not is_open and any(each.value != email for each in seen.values)
    zone = timing.zone(reader.typed.get("known", {}).get("place", {}).get("place"))
    question = seen.question
    return Page("referral.html", {
        "is_long": True, "seen": seen, "values": values, "purpose": _purpose(reader, seen), "zone": zone,
        "is_masked": is_masked,
        "title_text": named(question.wording, reader.language) if question else "",
        "benefit": named(question.benefit if question else seen.benefits, reader.language),
        "gain": named(seen.gain, reader.language) if seen.gain else "",
        "closes_on": seen.referral.expires_at.astimezone(zone).date(),
        "events": [(each.state.value, each.why, each.at.astimezone(zone).date()) for each in seen.events],
    })  # fmt: skip


def _purpose(reader: Reader, seen: Seen) -> str:
    return named(seen.purposes, reader.language)


def _token(reader: Reader) -> str:
    return reader.request.path_params["token"]


def _before(reader: Reader) -> UUID | None:
    """Where an earlier stretch begins; what cannot be read begins with the last."""
    try:
        return UUID(reader.request.query_params.get("before", ""))
    except ValueError:
        return None


def _id(reader: Reader) -> UUID:
    try:
        return UUID(reader.request.path_params["referral"])
    except ValueError:
        raise not_found("referral") from None
