"""The places of withdrawals in the feeds of their recipients: given in the order in which the ledger has sealed them.

Acts commit in another order than they take their ids, so neither ids nor times serve a reader that goes on from where
it was. What the sealer has placed is committed, and what it places later comes after: so each recipient's withdrawals
are numbered from 1 in that order, by one writer at a time. A number tells a recipient about nobody but itself.
"""

from collections.abc import Sequence
from typing import Final

from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.db import Record
from hub.webhooks import announcing
from hub.webhooks.types import Type

AT_A_TIME: Final = 2_000

_ANY: Final = "SELECT EXISTS (SELECT FROM withdrawal_waiting)"
_ONE_AT_A_TIME: Final = "SELECT pg_try_advisory_xact_lock(7226014)"
# The lock comes before this statement: its snapshot shows all that was placed before.
_PLACE: Final = """
    WITH sealed AS MATERIALIZED (
        SELECT u.withdrawal_id, (
            SELECT min(l.position) FROM ledger_entry e JOIN ledger_leaf l ON l.entry_id = e.id WHERE e.act_id = u.act_id
        ) AS position FROM withdrawal_waiting u
    ), chosen AS MATERIALIZED (
        SELECT s.withdrawal_id, s.position, w.recipient_id FROM sealed s JOIN withdrawal w ON w.id = s.withdrawal_id
        WHERE s.position IS NOT NULL ORDER BY s.position, s.withdrawal_id LIMIT $1
    ), last AS (
        SELECT c.recipient_id, coalesce((SELECT p.number FROM withdrawal_place p
            WHERE p.recipient_id = c.recipient_id ORDER BY p.number DESC LIMIT 1), 0) AS number
        FROM (SELECT DISTINCT recipient_id FROM chosen) c
    ), gone AS (
        DELETE FROM withdrawal_waiting u USING chosen c WHERE u.withdrawal_id = c.withdrawal_id
    ), placed AS (
        INSERT INTO withdrawal_place (recipient_id, number, withdrawal_id)
        SELECT c.recipient_id, last.number
            + row_number() OVER (PARTITION BY c.recipient_id ORDER BY c.position, c.withdrawal_id), c.withdrawal_id
        FROM chosen c JOIN last ON last.recipient_id = c.recipient_id RETURNING withdrawal_id
    ) SELECT w.organisation_id, w.recipient_id, w.arrangement_id, count(*) AS many
    FROM placed JOIN withdrawal w ON w.id = placed.withdrawal_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_LISTENING: Final = """
    SELECT DISTINCT c.recipient_id FROM webhook_endpoint e JOIN client c ON c.id = e.client_id
    WHERE c.recipient_id = ANY ($1) AND e.disabled_at IS NULL AND e.verified_at IS NOT NULL
"""


async def place(hub: Hub) -> int:
    """Give places to what is sealed and has none, and tell whoever follows; returns how many."""
    if not await hub.database.single().value(_ANY):
        return 0
    return await hub.perform(WORKER, Operation.WITHDRAWAL_MAKE, _place)


async def _place(act: Act) -> int:
    if not await act.value(_ONE_AT_A_TIME):
        return 0
    rows = await act.rows(_PLACE, AT_A_TIME)
    if rows:
        await act.announce("placed")
        await _tell(act, rows)
    return sum(row["many"] for row in rows)


async def _tell(act: Act, placed: Sequence[Record]) -> None:
    """Tell the endpoints of partners that there is something to read: only now it is there."""
    listening = await act.rows(_LISTENING, [row["recipient_id"] for row in placed])
    heard = {row["recipient_id"] for row in listening}
    told = [row for row in placed if row["recipient_id"] in heard]
    for row in told:
        await announcing.announce(
            act, row["organisation_id"], Type.WITHDRAWALS_AVAILABLE, recipient_id=row["recipient_id"],
            arrangement_id=row["arrangement_id"],
        )  # fmt: skip
    if told:
        await act.record(
            "withdrawal.placed", recipients=sorted(heard), entries=sum(row["many"] for row in told)
        )
