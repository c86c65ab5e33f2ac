"""Who works here: accounts invited, reset and ended by whoever looks after them, never their own."""

from uuid import UUID

from starlette.responses import Response

from hub.act import Act
from hub.actors import STAFF, Operation
from hub.auth import staff
from hub.errors import Code, Refusal
from portal.desk import names
from portal.desk.doing import prove
from portal.desk.entrance import AtDesk, does, shows
from portal.door import rendered
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_


async def show_team(reader: AtDesk) -> Page:
    """List the accounts."""
    return await _page(reader)


team = shows(Operation.STAFF_READ)(show_team)


@does(Operation.STAFF_MANAGE, again=show_team)
async def invite(reader: AtDesk) -> Response:
    """Make an account; its link is shown now and never again."""
    form = reader.form
    roles = [role for role in form.all("roles") if role in STAFF]
    if not roles:
        raise Wrong("roles", N_("Tick what they may do"))
    await prove(reader)

    async def body(act: Act) -> str:
        return (await staff.invite(act, reader.house.id, form.one("name"), form.one("email"), roles))[1]

    try:
        token = await reader.perform(Operation.STAFF_MANAGE, body)
    except Refusal as refusal:
        raise _wrong(refusal) from None
    return rendered(reader, await _page(reader, reader.at("welcome", token)))


@does(Operation.STAFF_MANAGE, again=show_team)
async def reset(reader: AtDesk) -> Response:
    """Take both factors from somebody else's account; the new link is shown now and never again."""
    staff_id = _id(reader)
    await prove(reader)

    async def body(act: Act) -> str:
        return await staff.reset(act, staff_id)

    try:
        token = await reader.perform(Operation.STAFF_MANAGE, body)
    except Refusal as refusal:
        raise _wrong(refusal) from None
    return rendered(reader, await _page(reader, reader.at("welcome", token)))


@does(Operation.STAFF_MANAGE, again=show_team)
async def disable(reader: AtDesk) -> Response:
    """End somebody else's account."""
    staff_id = _id(reader)
    await prove(reader)

    async def body(act: Act) -> None:
        await staff.disable(act, staff_id)

    try:
        await reader.perform(Operation.STAFF_MANAGE, body)
    except Refusal as refusal:
        raise _wrong(refusal) from None
    return reader.go("team")


async def _page(reader: AtDesk, link: str = "") -> Page:
    async with reader.hub.ask(reader.actor, Operation.STAFF_READ) as ask:
        found = await staff.all_of(ask, reader.house.id)
    return Page("desk/team.html", {
        "accounts": found, "names": names, "sent": reader.form, "here": reader.here,
        "link": link and reader.hub.settings.desk + link,
    })  # fmt: skip


def _wrong(refusal: Refusal) -> Wrong:
    if refusal.code not in {Code.INVALID, Code.CONFLICT, Code.LIMIT}:
        raise refusal
    last = str(refusal.path[-1]) if refusal.path else ""
    return Wrong(last if last in {"name", "email", "roles"} else "", refusal.message)


def _id(reader: AtDesk) -> UUID:
    try:
        return UUID(reader.request.path_params["staff"])
    except ValueError:
        raise Wrong("", N_("There is no such account")) from None
