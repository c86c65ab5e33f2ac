"""Partners at the desk: who may receive, what is agreed, what became of referrals, what they still have to forget.

A partner is blocked by one person, with a reason. That it may receive again takes two: one asks, another agrees.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from starlette.responses import Response

from hub import arrangements, recipients
from hub.act import Act, Ask
from hub.actors import Operation
from hub.catalogue import Page as Stretch
from hub.errors import Code, Refusal
from hub.partners import blocks, conforming, exported, inviting, keys, referrals, unanswered
from hub.webhooks import endpoints
from portal.desk import agreed, entitled, handed
from portal.desk.doing import prove
from portal.desk.entrance import AtDesk, does, shows
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_

PARTNERS_SHOWN: Final = 100
ARRANGEMENTS_MOST: Final = 500
REFERRALS_SHOWN: Final = 20
EXPORTS_SHOWN: Final = 3
CLIENTS_MOST: Final = 100
RUNS_SHOWN: Final = 5
ADDRESSES_SHOWN: Final = 50
WHY: Final = N_("Say why")
ANOTHER: Final = N_("Another person has to agree to this")


@shows(Operation.PARTNER_LOOK)
async def partners(reader: AtDesk) -> Page:
    """List everybody outside who may receive, with how many are referred to them, a stretch at a time."""
    async with reader.hub.ask(reader.actor, Operation.PARTNER_LOOK, locale=reader.language) as ask:
        found = await recipients.page(ask, Stretch(PARTNERS_SHOWN + 1, handed.begins(reader, "after")))
        ids = [each.id for each in found[:PARTNERS_SHOWN]]
        counts = await referrals.counts(ask, ids)
        agreements = await arrangements.counts(ask, ids)
        standings = await blocks.standings(ask, ids)
    return Page("desk/partners.html", {
        "found": [
            (each, agreements[each.id], sum(counts[each.id].values()), standings[each.id])
            for each in found[:PARTNERS_SHOWN]
        ],
        "rest": ids[-1] if len(found) > PARTNERS_SHOWN else None,
    })  # fmt: skip


async def show_partner(reader: AtDesk) -> Page:
    """Show one: what is agreed, the newest referrals and exports, what it has to forget, and how it signs in."""
    async with reader.hub.ask(reader.actor, Operation.PARTNER_LOOK, locale=reader.language) as ask:
        row = await recipients.read(ask, _key(reader), "partner")
        standing = (await blocks.standings(ask, [row.id]))[row.id]
        given = {**await _about(ask, row.id, reader.language), **await _reached(ask, row.id)}
    return Page("desk/partner.html", {
        "partner": row, "agreed": agreed, "standing": standing, "sent": reader.form, **given,
        "may": reader.may(Operation.PARTNER_BLOCK), "is_mine": standing.release_asked_by == reader.here.staff_id,
    })  # fmt: skip


async def _about(ask: Ask, recipient_id: UUID, language: str) -> dict[str, Any]:
    """What is agreed with it, what it may receive and was handed, and what it has to forget."""
    such = arrangements.Such(recipient=recipient_id)
    some = await arrangements.page(ask, Stretch(ARRANGEMENTS_MOST, backwards=True), such)
    newest = await referrals.page(
        ask, referrals.Such(recipient_id=recipient_id), None, REFERRALS_SHOWN, backwards=True
    )
    return {
        "some": [(each, arrangements.state_of(each, ask.at.date())) for each in some],
        "classes": await recipients.classes_on(ask, recipient_id, ask.at.date()),
        "may_receive": await entitled.listed(ask, recipient_id, language),
        "counts": (await referrals.counts(ask, [recipient_id]))[recipient_id],
        "newest": list(reversed(newest.items)),
        "feed": await unanswered.health(ask, recipient_id),
        "files": await exported.page(ask, recipient_id, limit=EXPORTS_SHOWN),
    }


async def _reached(ask: Ask, recipient_id: UUID) -> dict[str, Any]:
    """How it signs in, where it is told things, and how it did when it was tried out."""
    clients = await inviting.page(ask, Stretch(CLIENTS_MOST), recipient_id)
    signed = await keys.of(ask, [each.id for each in clients])
    told = await endpoints.of_recipient(ask, recipient_id, ADDRESSES_SHOWN)
    return {
        "clients": [(each, signed.get(each.id, [])) for each in clients],
        "told": [(urlsplit(each.url).hostname, each, *agreed.endpoint(each)) for each in told],
        "tried": await conforming.of_recipient(ask, recipient_id, RUNS_SHOWN),
    }


partner = shows(Operation.PARTNER_LOOK)(show_partner)


@does(Operation.PARTNER_BLOCK, again=show_partner)
async def block(reader: AtDesk) -> Response:
    """Let it receive nothing more."""
    reason = reader.form.text("reason", WHY)
    return await _do(reader, lambda act: blocks.block(act, _key(reader), reason))


@does(Operation.PARTNER_BLOCK, again=show_partner)
async def ask_release(reader: AtDesk) -> Response:
    """Ask that it may receive again."""
    reason = reader.form.text("reason", WHY)
    return await _do(reader, lambda act: blocks.ask_release(act, _key(reader), reason))


@does(Operation.PARTNER_BLOCK, again=show_partner)
async def release(reader: AtDesk) -> Response:
    """Agree that it may receive again."""
    async with reader.hub.ask(reader.actor, Operation.PARTNER_BLOCK) as ask:
        row = await recipients.read(ask, _key(reader), "partner")
        release_id = (await blocks.standings(ask, [row.id]))[row.id].release_id
    if release_id is None:
        return reader.go("partners", _key(reader))
    return await _do(reader, lambda act: blocks.release(act, release_id))


async def _do(reader: AtDesk, verb: Callable[[Act], Awaitable[Any]]) -> Response:
    """Do it once for this form, with a new code of the authenticator where the last one is some minutes old."""
    await prove(reader)

    async def make(act: Act) -> dict[str, Any]:
        await verb(act)
        return {}

    try:
        await reader.once(Operation.PARTNER_BLOCK, make)
    except Refusal as refusal:
        if refusal.code is Code.FORBIDDEN:
            raise Wrong("", ANOTHER, HTTPStatus.FORBIDDEN) from None
        if refusal.code not in {Code.INVALID, Code.CONFLICT}:
            raise
        raise Wrong("reason", refusal.message) from None
    return reader.go("partners", _key(reader))


def _key(reader: AtDesk) -> str:
    return reader.request.path_params["partner"]
