"""A complaint about a request, by telephone, by post or at a counter: taken in, for somebody else to decide."""

from typing import Any, Final

from starlette.responses import Response

from hub.act import Act
from hub.actors import Operation
from hub.errors import Refusal
from hub.rights import appealing
from hub.rights.advice import Deed
from hub.rights.appealing import NewAppeal
from portal.desk import names
from portal.desk.deeds import wrong_of
from portal.desk.entrance import AtDesk, does, shows
from portal.desk.situation import situation
from portal.reader import Page
from portal.wording import N_

BY: Final = ("PHONE", "POST", "BRANCH", "EMAIL")
KNOWN_BY: Final = ("TWO_IDENTIFIERS", "DOCUMENT", "IN_PERSON", "CALLED_BACK")
"""How somebody who does not use the portal is known."""


async def show_appeal(reader: AtDesk) -> Page:
    """Ask what went wrong, and how we were told."""
    now = await situation(reader, Operation.REQUEST_CONDUCT)
    return Page("desk/appeal.html", {
        "now": now, "request": now.request, "names": names, "by": BY, "known_by": KNOWN_BY, "sent": reader.form,
        "is_possible": Deed.APPEAL in now.possible,
    })  # fmt: skip


appealed = shows(Operation.REQUEST_CONDUCT)(show_appeal)


@does(Operation.REQUEST_CONDUCT, again=show_appeal)
async def appeal(reader: AtDesk) -> Response:
    """Take it in, once; one that is open already takes the words."""
    now, form = await situation(reader, Operation.REQUEST_CONDUCT), reader.form
    channel = form.choice("channel", BY, N_("Choose how it came"))
    identified = form.choice("identified", KNOWN_BY, N_("Choose how you made sure"))
    text = form.text("message", N_("Say what went wrong"))

    async def make(act: Act) -> dict[str, Any]:
        complaint = await appealing.appeal(act, now.request.id, NewAppeal(text, channel, identified))
        return {"reference": complaint.reference}

    try:
        said = await reader.once(Operation.REQUEST_CONDUCT, make)
    except Refusal as refusal:
        raise wrong_of(refusal) from None
    return reader.go("requests", said["reference"])
