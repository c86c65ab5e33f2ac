"""Messages that did not arrive: what partners and the firm's own programs were not told, why, and sending it again."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.webhooks import told
from hub.webhooks.types import Type
from portal.desk.entrance import AtDesk, does, shows
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_

SHOWN: Final = 200
ABOUT: Final[Mapping[str, str]] = {
    Type.ENDPOINT_VERIFY: N_("Is this address yours?"),
    Type.ENDPOINT_TEST: N_("A test"),
    Type.WITHDRAWALS_AVAILABLE: N_("There is something to forget"),
    Type.REFERRAL_OFFERED: N_("Somebody was referred to you"),
    Type.REFERRAL_CHANGED: N_("A referral has changed"),
    Type.EXPORT_READY: N_("An export can be fetched"),
    Type.REQUEST_CHANGED: N_("A request has changed"),
    Type.ACCOUNT_CHANGED: N_("A customer closed their account, or opened it again"),
}
"""What a message says, by its type."""
WHY: Final[Mapping[str, str]] = {
    "ADDRESS_NOT_OF_THE_OPEN_INTERNET": N_("The address is not on the open internet"),
    "NO_ANSWER": N_("No answer"),
    "TOKEN_NOT_ECHOED": N_("The address did not say that it is theirs"),
    "REDIRECTED": N_("It led to another address"),
    "NOT_ANSWERED_WITH_2XX": N_("It was not accepted"),
    "ENDPOINT_GONE": N_("The address wants no more messages"),
    "ENDPOINT_FAILING": N_("The address had not answered for days"),
    "ENDPOINT_REMOVED": N_("The address was removed"),
}
"""What was wrong, by the code that is kept."""
UNKNOWN: Final = N_("There is no such message")


async def show_messages(reader: AtDesk) -> Page:
    """List what did not arrive in a month, the latest first."""
    async with reader.hub.ask(reader.actor, Operation.PARTNER_LOOK, locale=reader.language) as ask:
        found = await told.failed(ask, SHOWN + 1)
    return Page("desk/messages.html", {
        "found": [(each, urlsplit(each.url).hostname) for each in found[:SHOWN]], "is_all": len(found) <= SHOWN,
        "most": SHOWN, "about": ABOUT, "why": WHY, "may": reader.may(Operation.WEBHOOK_REPLAY),
    })  # fmt: skip


messages = shows(Operation.PARTNER_LOOK)(show_messages)


@does(Operation.WEBHOOK_REPLAY, again=show_messages)
async def replay(reader: AtDesk) -> Response:
    """Send one again."""
    endpoint, delivery = _id(reader, "endpoint"), _id(reader, "delivery")
    return await _again(reader, endpoint, delivery)


@does(Operation.WEBHOOK_REPLAY, again=show_messages)
async def replay_all(reader: AtDesk) -> Response:
    """Send again all that did not arrive at an address."""
    return await _again(reader, _id(reader, "endpoint"), None)


async def _again(reader: AtDesk, endpoint: UUID, delivery: UUID | None) -> Response:
    async def make(act: Act) -> dict[str, Any]:
        await told.replay(act, endpoint, delivery)
        return {}

    try:
        await reader.once(Operation.WEBHOOK_REPLAY, make)
    except Refusal as refusal:
        if refusal.code is Code.CONFLICT:
            raise Wrong("", WHY["ENDPOINT_REMOVED"]) from None
        raise
    return reader.go("messages")


def _id(reader: AtDesk, name: str) -> UUID:
    try:
        return UUID(reader.request.path_params[name])
    except ValueError:
        raise Wrong("", UNKNOWN) from None
