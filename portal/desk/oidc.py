"""Signing in at the desk, or taking an invitation up, by the organisation's own provider: there and back again.

What a sign-in was begun with lies sealed in a cookie of ten minutes, so that only the browser that began it can end it.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.act import Act, Hub
from hub.actors import STRANGER, Operation
from hub.auth import attempts, bound, invitations, openid, sign_ins
from hub.auth.openid import Begun, Untrusted
from hub.errors import Refusal, not_found
from hub.vault import SealBroken
from portal.desk.entrance import AtDesk, shows
from portal.door import HEADERS, kept
from portal.languages import LANGUAGES
from portal.reader import cookie_name
from portal.wording import N_

BACK: Final = "/desk/oidc/callback"
COOKIE: Final = "oidc"
LIFE_SECONDS: Final = 600
TRIES_NETWORK: Final = 60
COOKIE_CHARACTERS: Final = 2_000
SAID: Final = {
    "refused": N_("Your provider did not show that it is you, by two factors and just now. Try again"),
    "unknown": N_(
        "Nobody with this account of your provider was invited here. Ask an administrator for a link"
    ),
    "taken": N_("This account of your provider belongs to somebody here already"),
    "over": N_("This invitation was used, or its time is over. Ask an administrator for another"),
    "away": N_("Your provider does not answer. Try again later"),
}
"""What is said on the page that one is sent back to."""
_log = structlog.get_logger(__name__)


class Kept(msgspec.Struct, frozen=True):
    """What the cookie holds. invitation: the token of one that is taken up; empty to sign in."""

    house: str
    language: str
    state: str
    nonce: str
    verifier: str
    until: int
    invitation: str = ""


@shows(Operation.DESK_SIGN_IN)
async def begin(reader: AtDesk) -> Response:
    """Send the browser to the provider."""
    return await _sent(reader)


@shows(Operation.DESK_SIGN_IN)
async def begin_joining(reader: AtDesk) -> Response:
    """The same, to take an invitation up."""
    token = reader.request.path_params["token"]
    if not token.isascii() or await invitations.read(reader.hub, reader.house.id, token) is None:
        raise not_found("invitation")
    return await _sent(reader, token)


async def _sent(reader: AtDesk, invitation: str = "") -> Response:
    if not reader.hub.settings.oidc_issuer:
        return reader.go("sign-in")
    provider = openid.provider_of(reader.hub)
    begun = provider.begin()
    until = int(datetime.now(UTC).timestamp()) + LIFE_SECONDS
    keeping = Kept(
        reader.house.key, reader.language, begun.state, begun.nonce, begun.verifier, until, invitation
    )
    try:
        answer = RedirectResponse(
            await provider.address(begun, reader.hub.settings.desk + BACK), 303, HEADERS
        )
    except Untrusted as untrusted:
        _log.warning("desk.provider_refused", reason=untrusted.reason)
        return reader.go("sign-in?oidc=away")
    sealed = reader.hub.vault.seal_own("desk", COOKIE, "", msgspec.json.encode(keeping))
    return kept(reader.hub, answer, COOKIE, base64.urlsafe_b64encode(sealed).decode(), LIFE_SECONDS)


def callback(hub: Hub) -> Callable[[Request], Awaitable[Response]]:
    """Make the place that the provider sends the browser back to."""

    async def respond(request: Request) -> Response:
        begun = _begun(hub, request)
        found = await sign_ins.arrive(hub, begun.house, None) if begun else None
        if begun is None or found is None or begun.language not in LANGUAGES:
            return RedirectResponse("/desk", 303)  # not begun here, or too long ago
        start = f"/desk/{begun.house}/{begun.language}"
        token, why = await _ended(hub, request, begun, found[0].id)
        answer = RedirectResponse(start if token else f"{start}/sign-in?oidc={why}", 303, HEADERS)
        if token:
            kept(hub, answer, AtDesk.cookie, token)
        return kept(hub, answer, COOKIE, "", 0)

    return respond


async def _ended(hub: Hub, request: Request, begun: Kept, house_id: Any) -> tuple[str | None, str]:
    """The token of who signed in, or why nobody did."""
    network = attempts.network_of(request.client.host if request.client else None)
    if await attempts.spend(hub, [attempts.purse(hub, TRIES_NETWORK, COOKIE, network)], LIFE_SECONDS):
        return None, "away"
    try:
        identity = await openid.provider_of(hub).finish(
            Begun(begun.state, begun.nonce, begun.verifier), request.query_params, hub.settings.desk + BACK
        )
        if begun.invitation:

            async def join(act: Act) -> bool:
                return await bound.join(act, house_id, begun.invitation, identity) is not None

            if not await hub.perform(STRANGER, Operation.DESK_SIGN_IN, join):
                return None, "over"
        return await bound.sign_in(hub, house_id, identity), "unknown"
    except Untrusted as untrusted:
        _log.warning("desk.provider_refused", reason=untrusted.reason)
        return None, "away" if untrusted.reason == "unreached" else "refused"
    except Refusal as refusal:
        return None, "taken" if refusal.path == ("identity",) else "away"


def _begun(hub: Hub, request: Request) -> Kept | None:
    """What this browser began; None where it began nothing that counts still."""
    said = request.cookies.get(cookie_name(hub, COOKIE), "")
    if not said or len(said) > COOKIE_CHARACTERS or not said.isascii():
        return None
    try:
        opened = hub.vault.open_own("desk", COOKIE, "", base64.urlsafe_b64decode(said))
        found = msgspec.json.decode(opened, type=Kept)
    except (binascii.Error, ValueError, SealBroken, msgspec.DecodeError):
        return None
    return found if found.until >= datetime.now(UTC).timestamp() else None
