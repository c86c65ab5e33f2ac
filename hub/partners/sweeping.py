"""Looking through all whose data went to recipients, where what is decided beforehand has changed, and once a day.

A change of the catalogue, the end of a term, and time itself change what recipients may keep of many at once. Nobody is
locked while it is looked: only those for whom something has to be told are noted, and asked about again like others.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.partners import rechecking

ROWS_AT_A_TIME: Final = 2_000
FIRST: Final = UUID(int=0)

_NEXT: Final = """
    SELECT id, organisation_id, recipient_id, purpose_id, coalesce(reached, $1) AS reached FROM recheck_sweep
    ORDER BY id LIMIT 1
"""
# The last customer of a stretch may have more rows behind it: they count whatever the others are about.
_STRETCH: Final = """
    WITH stretch AS (
        SELECT x.customer_id, x.recipient_id, x.decision_subject_id FROM disclosure x
        WHERE x.organisation_id = $1 AND x.customer_id > $2 ORDER BY x.customer_id LIMIT $5
    ), reached AS (SELECT customer_id FROM stretch ORDER BY customer_id DESC LIMIT 1)
    SELECT DISTINCT t.customer_id FROM stretch t, reached r
    WHERE t.customer_id = r.customer_id OR (($3::uuid IS NULL OR t.recipient_id = $3) AND ($4::uuid IS NULL OR EXISTS (
        SELECT FROM decision_subject s JOIN decision d ON d.id = s.decision_id
        WHERE s.id = t.decision_subject_id AND (d.question ->> 'purpose')::uuid = $4)))
    ORDER BY t.customer_id
"""
_NOTE: Final = "INSERT INTO recheck (customer_id, urgency) SELECT each, 1 FROM unnest($1::uuid[]) AS each"
_REACHED: Final = "UPDATE recheck_sweep SET reached = greatest(reached, $2) WHERE id = $1"
_ENDED: Final = "DELETE FROM recheck_sweep WHERE id = $1"
_EVERY_DAY: Final = """
    INSERT INTO recheck_sweep (organisation_id)
    SELECT o.id FROM organisation o WHERE EXISTS (SELECT FROM disclosure x WHERE x.organisation_id = o.id)
        AND NOT EXISTS (SELECT FROM recheck_sweep w
            WHERE w.organisation_id = o.id AND w.recipient_id IS NULL AND w.purpose_id IS NULL AND w.reached IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is looked through. reached: up to which customer it is done."""

    id: int
    organisation_id: UUID
    recipient_id: UUID | None
    purpose_id: UUID | None
    reached: UUID


async def begin(hub: Hub) -> None:
    """Have everybody looked through: consents expire, terms and periods end, and nobody says so on that day."""
    async with hub.database.writing() as session:
        await session.execute(_EVERY_DAY)


async def sweep(hub: Hub) -> bool:
    """Look through a stretch of what is to be looked through; False where there is nothing."""
    row = await hub.database.single().row(_NEXT, FIRST)
    if row is None:
        return False
    given = Sweep(**row)
    async with hub.ask(WORKER, Operation.WITHDRAWAL_MAKE) as ask:
        rows = await ask.rows(
            _STRETCH,
            given.organisation_id,
            given.reached,
            given.recipient_id,
            given.purpose_id,
            ROWS_AT_A_TIME,
        )
        people = [each["customer_id"] for each in rows]
        found = await rechecking.everybody(ask, people) if people else []

    async def note(act: Act) -> None:
        await act.execute(_NOTE, found)
        if people:
            await act.execute(_REACHED, given.id, people[-1])
        else:
            await act.execute(_ENDED, given.id)

    await hub.perform(WORKER, Operation.WITHDRAWAL_MAKE, note)
    return True
