"""A request that waits to know who asks: a customer number, or the phone that we have, beside the address proved."""

from typing import Any

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.rights import proving, sealed
from portal.door import does, shows
from portal.forms import Wrong
from portal.pages.entrance import NOT_THAT, spend_second
from portal.pages.entrance import number_of as typed
from portal.pages.request import following, number_of, own
from portal.reader import Page, Reader


async def show_second(reader: Reader) -> Page | Response:
    """Ask for the number; on to the request where none is waited for."""
    async with following(reader) as (_, request):
        if not proving.may_identify(request):
            return reader.go("requests", number_of(reader))
    then = ("requests", number_of(reader))
    return Page("identify.html", {"sent": reader.form, "then": then, "may_skip": False})


second = shows(Operation.PORTAL_FOLLOW)(show_second)


@does(Operation.PORTAL_ASK, again=show_second)
async def say(reader: Reader) -> Response:
    """Take the number: with the right one the request goes on."""
    number = typed(reader)
    async with following(reader) as (ask, request):
        _, contact = await sealed.contents(ask, request.id)
    await spend_second(reader, contact or str(request.customer_id))
    request_id, actor = own(reader)

    async def make(act: Act) -> dict[str, Any]:
        return {"is_right": (await proving.identify(act, request_id, number))[0]}

    if not (await reader.once(Operation.PORTAL_ASK, make, actor))["is_right"]:
        raise Wrong("number", NOT_THAT)
    return reader.go("requests", number_of(reader))
