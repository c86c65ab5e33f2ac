"""Signing in and out."""

from typing import Final

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.auth import sign_ins, signing_in
from hub.auth.signing_in import Said
from hub.errors import Code, Refusal
from portal.desk import oidc
from portal.desk.entrance import AtDesk, does, shows
from portal.forms import Wrong
from portal.pages.home import LEAVES
from portal.reader import Later, Page
from portal.wording import N_

WRONG: Final = N_(
    "This did not sign you in. Check address, password and code: a code works once."
    " After five wrong codes none works for 15 minutes"
)


async def show_sign_in(reader: AtDesk) -> Page | Response:
    """Ask for address, password and code, or lead to the provider; say what came of that."""
    why = oidc.SAID.get(reader.request.query_params.get("oidc", ""))
    if why:
        reader.wrong.append(Wrong("", why))
    settings = reader.hub.settings
    is_away = reader.presence is not None and reader.presence.has_password
    given = {"provider": settings.oidc_name if settings.oidc_issuer else ""}
    return reader.go() if is_away else Page("desk/sign_in.html", given)


signing = shows(Operation.DESK_READ)(show_sign_in)


@does(Operation.DESK_SIGN_IN, again=show_sign_in)
async def sign_in(reader: AtDesk) -> Response:
    """Sign in; the browser gets a new token, whatever it had."""
    form = reader.form
    address = reader.request.client.host if reader.request.client else None
    said = Said(form.one("email"), form.one("password"), digits(form.one("code")), address)
    try:
        token = await signing_in.sign_in(reader.hub, reader.house.id, said)
    except Refusal as refusal:
        if refusal.code is Code.LIMIT:
            raise Later(60) from None
        raise
    if token is None:
        raise Wrong("", WRONG)
    reader.take(token)
    return reader.go()


async def show_nothing(reader: AtDesk) -> Response:
    """Lead back to where one was."""
    return reader.go()


@does(Operation.DESK_OWN, again=show_nothing)
async def sign_out(reader: AtDesk) -> Response:
    """Sign out here: the token is worth nothing from now on."""
    token, staff_id = reader.token or "", reader.here.staff_id

    async def body(act: Act) -> None:
        await sign_ins.end(act, token)
        await act.record("staff.signed_out", staff=staff_id)

    await reader.perform(Operation.DESK_OWN, body)
    reader.forget()
    answer = reader.go("sign-in")
    answer.headers["clear-site-data"] = LEAVES
    return answer


def digits(said: str) -> str:
    """The digits of a code, however they were grouped; the first few of what is none."""
    return "".join(said[:20].split()).replace("-", "")
