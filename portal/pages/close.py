"""Closing one's account: what that means, the button, and for a few days the way back."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from hub import closing, purposes
from hub.act import Act
from hub.actors import Operation
from hub.auth import attempts
from hub.errors import Code, Refusal
from hub.policy.values import Jurisdiction
from hub.rights import timing
from portal.door import does, shows
from portal.forms import Wrong
from portal.pages.answers import HOUR_SECONDS
from portal.pages.held import named
from portal.pages.proof import CLOSE
from portal.reader import Page, Reader
from portal.wording import N_

CHANGES_MOST: Final = 10
"""Times an hour that one customer closes and opens."""
OVER: Final = N_("It is too late to open it again here. Tell us if you want an account again")


async def show_close(reader: Reader) -> Page | Response:
    """Say what closing means and what stays; or that it is closed, and until when it can be opened again."""
    place = _place(reader)
    async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
        account = await closing.look(ask)
        duties = await purposes.duties(ask, Jurisdiction(place)) if place and account.is_open else []
    account = replace(
        account, closed_at=_there(account.closed_at, place), until_at=_there(account.until_at, place)
    )
    kept = [(named(each.names, reader.language), each.months) for each in duties]
    return Page("close.html", {"account": account, "duties": kept})


close = shows(Operation.OWN_READ)(show_close)


@does(Operation.OWN_CONDUCT, again=show_close)
async def do(reader: Reader) -> Response:
    """Close it, after a fresh code, or open it again; once for one form."""
    is_back = reader.form.one("do") == "reopen"
    if not is_back and not (reader.visit and reader.visit.is_fresh):
        return reader.go("confirm", CLOSE)
    await reader.spend(
        HOUR_SECONDS, attempts.purse(reader.hub, CHANGES_MOST, "account", str(reader.actor.id))
    )

    zone = timing.zone(_place(reader))

    async def make(act: Act) -> dict[str, Any]:
        await (closing.reopen(act) if is_back else closing.close(act, zone))
        return {}

    try:
        await reader.once(Operation.OWN_CONDUCT, make)
    except Refusal as refusal:
        if refusal.code is not Code.CONFLICT:
            raise
        raise Wrong("", OVER) from None
    return reader.go("close")


def _place(reader: Reader) -> str | None:
    return reader.typed.get("known", {}).get("place", {}).get("place")


def _there(at: datetime | None, place: str | None) -> datetime | None:
    return at and at.astimezone(timing.zone(place))
