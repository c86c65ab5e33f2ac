"""The copy before it goes out: what every system gave, by counts and fields; what is taken out of it, and why.

The whole of it can be opened by whoever has said why they look at the details, for as long as that view lasts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub import unmasking
from hub.act import Act
from hub.actors import Operation
from hub.errors import Refusal, not_found
from hub.rights import fetching, gathered, packages, redactions
from hub.rights.gathered import Part
from hub.rights.packages import Access, Opened
from hub.rights.redactions import NewRedaction
from portal.attaching import attached
from portal.desk import names
from portal.desk.deeds import wrong_of
from portal.desk.entrance import AtDesk, does, shows
from portal.desk.situation import situation
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_, ours

TARGETS_MOST: Final = 400
"""How many choices the page offers; wholes and collections are always there, fields as far as there is room."""
ROW_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Target:
    """What can be taken out: a part, a collection of it, or a field of that."""

    part: Part
    collection: str | None = None
    field: str | None = None

    def labelled(self, language: str) -> str:
        """How it is named on the page."""
        system = ours(language, self.part.system)
        return " / ".join(filter(None, (system, self.part.name, self.collection, self.field)))


def targets(parts: Sequence[Part]) -> Iterator[Target]:
    """Everything that can be taken out, from the whole to its parts."""
    for part in parts:
        yield Target(part)
        for shape in part.shapes:
            yield Target(part, shape.collection)
            yield from (Target(part, shape.collection, field) for field in shape.fields)


def offered(parts: Sequence[Part]) -> tuple[dict[int, Target], int]:
    """What the page offers, by number: wholes and collections first; and how many fields are left out."""
    known = list(enumerate(targets(parts)))
    above = [each for each in known if each[1].field is None]
    fields = [each for each in known if each[1].field is not None]
    room = max(0, TARGETS_MOST - len(above))
    return dict(above + fields[:room]), len(fields[room:])


async def show_package(reader: AtDesk) -> Page:
    """Show what the copy holds, and what was taken out."""
    now = await situation(reader, Operation.REQUEST_CONDUCT)
    async with reader.hub.ask(reader.actor, Operation.REQUEST_CONDUCT) as ask:
        package = await packages.of(ask, now.request.id)
        if package is None:
            raise not_found("package", "request")
        parts = await gathered.of(ask, now.request.id)
        out = await redactions.of(ask, now.request.id)
    choices, left = offered(parts)
    return Page("desk/package.html", {
        "now": now, "request": now.request, "names": names, "package": package, "parts": parts, "redactions": out,
        "targets": choices, "left": left, "sent": reader.form,
        "systems": {part.id: part.system for part in parts},
        "may_change": package.state in {Access.BUILDING, Access.BUILT} and not now.request.is_ended,
    })  # fmt: skip


package = shows(Operation.REQUEST_CONDUCT)(show_package)


@does(Operation.REQUEST_CONDUCT, again=show_package)
async def redact(reader: AtDesk) -> Response:
    """Take something out; the copy is built again without it."""
    now, form = await situation(reader, Operation.REQUEST_CONDUCT), reader.form
    async with reader.hub.ask(reader.actor, Operation.REQUEST_CONDUCT) as ask:
        choices, _ = offered(await gathered.of(ask, now.request.id))
    number = form.choice("what", [str(each) for each in choices], N_("Choose what to take out"))
    reason = form.choice("reason", list(names.LEFT_OUT), N_("Choose why it is taken out"))
    first, last = _row(reader, "first"), _row(reader, "last")
    wanted = choices[int(number)]
    new = NewRedaction(wanted.part.id, reason, wanted.collection, wanted.field, first, last)

    async def make(act: Act) -> dict[str, Any]:
        await redactions.redact(act, now.request.id, new)
        return {}

    try:
        await reader.once(Operation.REQUEST_CONDUCT, make)
    except Refusal as refusal:
        raise wrong_of(refusal) from None
    return reader.go("requests", now.request.reference, "package")


@does(Operation.REQUEST_CONDUCT, again=show_package)
async def restore(reader: AtDesk) -> Response:
    """Put back what was taken out."""
    try:
        redaction_id = UUID(reader.request.path_params["redaction"])
    except ValueError:
        raise not_found("redaction") from None

    async def make(act: Act) -> dict[str, Any]:
        await redactions.restore(act, redaction_id)
        return {}

    try:
        await reader.once(Operation.REQUEST_CONDUCT, make)
    except Refusal as refusal:
        raise wrong_of(refusal) from None
    return reader.go("requests", reader.request.path_params["reference"], "package")


@shows(Operation.CUSTOMER_REVEAL)
async def read(reader: AtDesk) -> Response:
    """Hand out the copy as the customer gets it, to whoever looks at the details for a reason; each time is noted."""
    now = await situation(reader, Operation.REQUEST_READ)
    async with reader.hub.ask(reader.actor, Operation.CUSTOMER_REVEAL) as ask:
        view = await unmasking.live(ask, now.request)
    if view is None:
        return reader.go("requests", now.request.reference)

    async def hand_out(act: Act) -> Opened:
        return await fetching.hand_out(act, now.request.id, view.reason)

    return await attached(reader.hub, await reader.perform(Operation.CUSTOMER_REVEAL, hand_out))


def _row(reader: AtDesk, name: str) -> int | None:
    said = reader.form.one(name).strip()
    if not said:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) <= ROW_DIGITS):
        raise Wrong(name, N_("Give the number of a row, in digits"))
    return int(said)
