"""Saying who asks: those who might be, side by side by which identifiers agree, and how it was made sure."""

from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub import finding
from hub.act import Act
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.finding import Reference
from hub.rights import matching, proving
from hub.rights.intake import STRENGTH
from hub.rights.values import Identity
from portal.desk import names
from portal.desk.deeds import wrong_of
from portal.desk.entrance import AtDesk, does, shows
from portal.desk.situation import Situation, situation
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_

OTHER: Final = "other"


async def show_confirm(reader: AtDesk) -> Page:
    """Show who might ask, and what this right needs as proof."""
    now = await situation(reader, Operation.REQUEST_CONDUCT)
    async with reader.hub.ask(reader.actor, Operation.REQUEST_CONDUCT, locale=reader.language) as ask:
        found = await matching.candidates(ask, now.request)
    levels, needed = list(Identity), Identity(now.request.proof)
    enough = [way for way, level in STRENGTH.items() if levels.index(level) >= levels.index(needed)]
    return Page("desk/confirm.html", {
        "now": now, "request": now.request, "names": names, "candidates": found, "enough": enough,
        "sent": reader.form, "other": OTHER,
    })  # fmt: skip


confirming = shows(Operation.REQUEST_CONDUCT)(show_confirm)


@does(Operation.REQUEST_CONDUCT, again=show_confirm)
async def confirm(reader: AtDesk) -> Response:
    """Say who it is; the request is open from then on."""
    now, form = await situation(reader, Operation.REQUEST_CONDUCT), reader.form
    customer_id = await chosen_customer(reader, now)
    identified = form.choice("identified", list(names.IDENTIFIED), N_("Choose how you made sure"))
    where = form.text("reference", N_("Say where the proof is kept"))

    async def make(act: Act) -> dict[str, Any]:
        await proving.confirm(act, now.request.id, customer_id, identified, where)
        return {}

    try:
        await reader.once(Operation.REQUEST_CONDUCT, make)
    except Refusal as refusal:
        raise wrong_of(refusal) from None
    return reader.go("requests", now.request.reference)


async def chosen_customer(reader: AtDesk, now: Situation) -> UUID:
    """Who was chosen of those shown, or is found by what was typed."""
    chosen = reader.form.one("customer")
    async with reader.hub.ask(reader.actor, Operation.REQUEST_CONDUCT) as ask:
        known = {
            str(each.customer_id): each.customer_id for each in await matching.candidates(ask, now.request)
        }
        if chosen in known:
            return known[chosen]
        if chosen != OTHER:
            raise Wrong("customer", N_("Choose whose request it is"))
        kind = reader.form.choice("kind", list(names.KINDS), N_("Choose what you know of them"))
        system = reader.form.one("system").strip() or None
        try:
            named = Reference(kind, reader.form.one("value"), system if kind == "EXTERNAL" else None)
            found = await finding.find(ask, now.request.organisation_id, named)
        except Refusal as refusal:
            if refusal.code is not Code.INVALID:
                raise
            raise Wrong("value", refusal.message) from None
    if len(found) != 1:
        raise Wrong("value", N_("This finds nobody, or several: use something that only one customer has"))
    return found[0]
