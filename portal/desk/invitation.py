"""Taking up an invitation: one's own password, and an authenticator that has shown a right code."""

import io
from collections.abc import Mapping
from typing import Final

import segno
from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.auth import attempts, authenticator, invitations, passwords
from hub.auth.invitations import Invitation
from hub.auth.passwords import Fault
from hub.errors import not_found
from portal.desk.entrance import AtDesk, does, shows
from portal.desk.signing import digits
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_

TRIES_MOST: Final = 10
TRIES_SECONDS: Final = 600
QR_DOTS: Final = 5
CODE_WRONG: Final = N_("This is not the code that your app shows now. Wait for the next one and type that")
DIFFERS: Final = N_("Type the same password twice")
SHAPES: Final[Mapping[Fault, str]] = {
    Fault.SHORT: N_("Use 15 characters or more: a few words in a row will do"),
    Fault.LONG: N_("Use 200 characters at most"),
    Fault.ODD: N_("Use letters, digits, signs and spaces only"),
    Fault.KNOWN: N_("Use another one: many people use this one, or it holds little else than a name"),
}


async def show_invitation(reader: AtDesk) -> Page:
    """Show what is to be set up."""
    found = await _invitation(reader)
    return Page("desk/invitation.html", {
        "invitation": found, "spelled": authenticator.spelled(found.secret), "token": _token(reader),
        "provider": reader.hub.settings.oidc_name if reader.hub.settings.oidc_issuer else "",
    })  # fmt: skip


invited = shows(Operation.DESK_READ)(show_invitation)


@shows(Operation.DESK_READ)
async def picture(reader: AtDesk) -> Response:
    """Draw the secret as a QR code for an authenticator app."""
    found = await _invitation(reader)
    address = authenticator.address(found.secret, found.email, f"{reader.house.name} desk")
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", scale=QR_DOTS, border=4, dark="#000", light="#fff", xmldecl=False, nl=False
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml")


@does(Operation.DESK_SIGN_IN, again=show_invitation)
async def join(reader: AtDesk) -> Response:
    """Set the password and the authenticator; the link is used up by that."""
    found, token = await _invitation(reader), _token(reader)
    password = chosen(reader, found)
    await reader.spend(
        TRIES_SECONDS, attempts.purse(reader.hub, TRIES_MOST, "invitation", str(found.staff_id))
    )
    hashed, code = await passwords.hash_(password), digits(reader.form.one("code"))

    async def body(act: Act) -> bool:
        return await invitations.accept(act, reader.house.id, token, hashed, code) is not None

    if not await reader.perform(Operation.DESK_SIGN_IN, body):
        await _invitation(reader)
        raise Wrong("code", CODE_WRONG)
    return reader.go("sign-in")


def chosen(reader: AtDesk, invitation: Invitation | None = None) -> str:
    """A new password that was typed twice and will do; Wrong says what is the matter."""
    said = reader.form.one("password")
    about = (invitation.name, invitation.email.partition("@")[0]) if invitation else (reader.here.name,)
    wrong = passwords.fault(said, reader.house.name, *about)
    if wrong is not None:
        raise Wrong("password", SHAPES[wrong])
    if reader.form.one("again") != said:
        raise Wrong("again", DIFFERS)
    return said


def _token(reader: AtDesk) -> str:
    return reader.request.path_params["token"]


async def _invitation(reader: AtDesk) -> Invitation:
    token = _token(reader)
    found = await invitations.read(reader.hub, reader.house.id, token) if token.isascii() else None
    if found is None:
        raise not_found("invitation")
    return found
