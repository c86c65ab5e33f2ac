"""Partners are reminded of what they have not acknowledged, twice at most, by a letter that names nobody."""

from datetime import timedelta
from typing import Any

import asyncpg
import orjson

from hub.actors import WORKER, Operation
from hub.letters.sending import unseal
from hub.partners import reminding
from hub.partners.acknowledging import Answer
from tests.withdrawals.test_acknowledging import forgotten, signs_in
from tests.withdrawals.yard import Yard
from workers import withdrawals as worker

LETTERS = """
    SELECT id, address, content FROM letter WHERE template = 'withdrawals_reminder' AND organisation_id = $1 ORDER BY id
"""


async def aged(superuser: asyncpg.Connection, made: Any, share: float) -> None:
    """Let a share of the time of a withdrawal be over."""
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE withdrawal SET made_at = now() - $2::interval * $3, due_at = now() + $2::interval * (1 - $3)"
        " WHERE id = $1",
        made, timedelta(days=10), share,
    )  # fmt: skip
    await superuser.execute("SET session_replication_role = origin")


async def letters(yard: Yard, superuser: asyncpg.Connection) -> list[dict[str, Any]]:
    """The letters that were written to the firm's partners."""
    rows = await superuser.fetch(LETTERS, yard.firm)
    contents = [orjson.loads(unseal(yard.hub, None, row["id"], "content", row["content"])) for row in rows]
    return [
        {**content, "to": unseal(yard.hub, None, row["id"], "address", row["address"]).decode()}
        for row, content in zip(rows, contents, strict=True)
    ]


async def test_a_partner_is_reminded_at_half_and_at_most_of_its_time_and_then_no_more(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    await signs_in(yard)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE recipient SET contact = 'dpo@moor.example' WHERE id = $1", yard.partner.recipient_id
    )
    await superuser.execute("SET session_replication_role = origin")
    made = await forgotten(yard)
    for share, many in ((0.4, 0), (0.6, 1), (0.7, 1), (0.85, 2), (0.99, 2)):
        await aged(superuser, made, share)
        await worker.remind(yard.hub)
        found = await letters(yard, superuser)
        assert len(found) == many, share
    assert {each["to"] for each in found} == {"dpo@moor.example"}
    assert "1 of these entries wait for your answer" in found[0]["body"]


async def test_who_was_reminded_meanwhile_or_has_answered_is_in_nobodys_way(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    await signs_in(yard)
    made = await forgotten(yard)
    await aged(superuser, made, 0.6)
    await worker.remind(yard.hub)
    whom = yard.partner.recipient_id
    assert not await yard.do(reminding.remind, whom, by=WORKER, may=Operation.WITHDRAWAL_MAKE)
    await aged(superuser, made, 0.9)
    await yard.acknowledge(Answer(made, "DONE"))
    assert not await yard.do(reminding.remind, whom, by=WORKER, may=Operation.WITHDRAWAL_MAKE)


async def test_who_does_not_sign_in_is_not_reminded(yard: Yard, superuser: asyncpg.Connection) -> None:
    made = await forgotten(yard)
    await aged(superuser, made, 0.9)
    await worker.remind(yard.hub)
    assert await superuser.fetchval("SELECT reminded FROM withdrawal WHERE id = $1", made) == 0
