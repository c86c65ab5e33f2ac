"""What a partner was handed as files, and what it has not answered: lists at the desk, a stretch at a time."""

from typing import Final
from uuid import UUID

from hub import recipients
from hub.actors import Operation
from hub.partners import exported, unanswered
from portal.desk import agreed
from portal.desk.entrance import AtDesk, shows
from portal.reader import Page

SHOWN: Final = 20
STEP: Final = 1_000


@shows(Operation.PARTNER_LOOK)
async def exports(reader: AtDesk) -> Page:
    """List its exports, the newest first."""
    async with reader.hub.ask(reader.actor, Operation.PARTNER_LOOK, locale=reader.language) as ask:
        row = await recipients.read(ask, reader.request.path_params["partner"], "partner")
        found = await exported.page(ask, row.id, begins(reader, "before"), SHOWN)
    rest = found.items[-1].id if found.has_more else None
    given = {"partner": row, "found": found.items, "rest": rest, "agreed": agreed, "size": size}
    return Page("desk/exports.html", given)


@shows(Operation.PARTNER_LOOK)
async def withdrawals(reader: AtDesk) -> Page:
    """List what it has not answered, the soonest due first."""
    async with reader.hub.ask(reader.actor, Operation.PARTNER_LOOK, locale=reader.language) as ask:
        row = await recipients.read(ask, reader.request.path_params["partner"], "partner")
        found = await unanswered.page(ask, row.id, begins(reader, "after"), SHOWN)
    rest = found.items[-1].id if found.has_more else None
    return Page(
        "desk/withdrawals.html", {"partner": row, "found": found.items, "rest": rest, "agreed": agreed}
    )


def size(number: int) -> str:
    """A number of bytes as people say it: in powers of ten, rounded up."""
    for unit in ("B", "kB", "MB"):
        if number < STEP:
            return f"{number} {unit}"
        number = -(-number // STEP)
    return f"{number:,} GB"


def begins(reader: AtDesk, name: str) -> UUID | None:
    """Where a stretch begins; what cannot be read begins at the beginning."""
    try:
        return UUID(reader.request.query_params.get(name, ""))
    except ValueError:
        return None
