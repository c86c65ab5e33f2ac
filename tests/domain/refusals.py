"""Refusals of what an organisation decides beforehand: the code, the place, and that nothing changed."""

from collections.abc import Awaitable, Callable

import pytest

from hub.act import Act, Hub
from hub.actors import OPERATOR, Actor, Operation
from hub.errors import Code, Refusal
from tests.untouched import written

Verb = Callable[[Act], Awaitable[object]]
TABLES = (
    "organisation", "department", "category", "purpose", "purpose_relation", "purpose_basis", "recipient_class",
    "recipient", "recipient_membership", "arrangement", "notice", "notice_version", "notice_text", "clause",
    "notice_verdict", "activity", "activity_purpose", "formality_event", "ledger_entry", "act",
)  # fmt: skip


async def picture(hub: Hub) -> dict[str, str]:
    """Picture every table that holds what was decided, and the ledger."""
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        return {row["of"]: row["said"] for row in await ask.rows(written(TABLES))}


async def refused(
    hub: Hub,
    code: Code,
    path: tuple[str | int, ...],
    body: Verb,
    actor: Actor = OPERATOR,
) -> str:
    """Assert that a verb is refused at this place and changes nothing; returns the message."""
    before = await picture(hub)
    with pytest.raises(Refusal) as caught:
        async with hub.act(actor, Operation.CATALOGUE_WRITE) as act:
            await body(act)
    assert (caught.value.code, caught.value.path) == (code, path)
    assert await picture(hub) == before
    return caught.value.message


async def entries(hub: Hub, act: Act) -> list[str]:
    """Name the events an act left in the ledger, in order."""
    async with hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        rows = await ask.rows("SELECT event FROM ledger_entry WHERE act_id = $1 ORDER BY sequence", act.id)
        return [row["event"] for row in rows]
