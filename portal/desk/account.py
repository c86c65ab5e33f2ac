"""One's own account: where one is signed in, the end of that, and another password."""

from typing import Final
from uuid import UUID

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.auth import sign_ins, signing_in, staff
from portal.desk import names
from portal.desk.entrance import AtDesk, does, shows
from portal.desk.invitation import chosen
from portal.desk.signing import digits
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_

ALL: Final = "all"
WRONG: Final = N_("The password that you have now, or the code, is not right. A code works once")


async def show_account(reader: AtDesk) -> Page:
    """Show who one is here and where one is signed in."""
    async with reader.hub.ask(reader.actor, Operation.DESK_OWN) as ask:
        listed = await sign_ins.list_of(ask, reader.here.staff_id)
        own = await staff.read(ask, reader.here.staff_id)
    return Page("desk/account.html", {
        "sign_ins": listed, "names": names, "here": reader.here, "all": ALL, "email": own.email,
    })  # fmt: skip


account = shows(Operation.DESK_OWN)(show_account)


@does(Operation.DESK_OWN, again=show_account)
async def end(reader: AtDesk) -> Response:
    """End one of one's sign-ins, or all the others."""
    which, here = reader.form.one("which"), reader.here

    async def body(act: Act) -> None:
        if which == ALL:
            await sign_ins.end_all(act, here.staff_id, spared=reader.token)
        else:
            await sign_ins.end_one(act, here.staff_id, _id(which))
        await act.record("staff.sign_ins_ended", staff=here.staff_id)

    await reader.perform(Operation.DESK_OWN, body)
    return reader.go("account")


@does(Operation.DESK_OWN, again=show_account)
async def change_password(reader: AtDesk) -> Response:
    """Change one's password; all other sign-ins end by that."""
    new, form = chosen(reader), reader.form
    token = await signing_in.change_password(
        reader.hub, reader.actor, reader.token or "", form.one("old"), new, digits(form.one("code"))
    )
    if token is None:
        raise Wrong("old", WRONG)
    reader.take(token)
    return reader.go("account")


def _id(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise Wrong("", N_("There is no such sign-in")) from None
