"""Asking again what recipients may keep, of everybody about whom the database noted that it may have changed.

A note goes with the act that asked again, so a crash loses none, and whoever notes waits for nobody: of two notes about
one customer each is asked about. It is asked under the lock of the customer and of all who are the same person, as
whoever hands data over does: either the disclosure is seen here, or it saw what happened before.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from hub import merges
from hub.act import Act, Ask, Hub
from hub.actors import WORKER, Operation
from hub.db import Record
from hub.errors import Code, Refusal
from hub.partners import settling, verdicts, withdrawals

NOTES_AT_A_TIME: Final = 100
PAUSE_SECONDS: Final = 60

log = structlog.get_logger(__name__)

_ANY: Final = "SELECT EXISTS (SELECT FROM recheck WHERE due_at <= now())"
_TAKE: Final = """
    SELECT id, customer_id, category_id, value_id, was, became FROM recheck WHERE due_at <= now()
    ORDER BY urgency, id LIMIT $1 FOR UPDATE SKIP LOCKED
"""
_OWN: Final = """
    SELECT id, customer_id, category_id, value_id, was, became FROM recheck WHERE customer_id = ANY ($1)
    ORDER BY id FOR UPDATE SKIP LOCKED
"""
_DONE: Final = "DELETE FROM recheck WHERE id = ANY ($1)"
_PUT_OFF: Final = "UPDATE recheck SET due_at = now() + make_interval(secs => $2) WHERE id = $1"
_HOLD: Final = """
    SELECT c.id, k.wrapped FROM customer c LEFT JOIN keys.customer_key k ON k.customer_id = c.id
    WHERE c.id = ANY ($1) ORDER BY c.id FOR NO KEY UPDATE OF c
"""


async def recheck(hub: Hub, most: int = NOTES_AT_A_TIME) -> int:
    """Ask again about some customers; returns how many notes were done with.

    One note that cannot be done, whatever the reason, is put off, and is in nobody's way.
    """
    if not await hub.database.single().value(_ANY):
        return 0
    try:
        return await hub.perform(WORKER, Operation.WITHDRAWAL_MAKE, partial(_some, most=most))
    except Exception as error:
        if isinstance(error, Refusal) and error.code in {Code.UNAVAILABLE, Code.OUTCOME_UNKNOWN}:
            raise
        if most > 1:
            return await recheck(hub, 1)
        log.exception("recheck.failed")
        await _put_off(hub)
        return 1


async def _some(act: Act, most: int) -> int:
    notes = await act.rows(_TAKE, most)
    if notes:
        await _ask_again(act, notes)
    return len(notes)


async def at_once(act: Act, people: Sequence[UUID]) -> None:
    """Ask again about customers within the act that changed something of theirs; the caller holds them."""
    notes = await act.rows(_OWN, list(people))
    if notes:
        await _ask_again(act, notes)


async def _ask_again(act: Act, notes: Sequence[Record]) -> None:
    families = await merges.families(act, list({row["customer_id"] for row in notes}))
    people = sorted({each for family in families.values() for each in family})
    act.wrapped |= {row["id"]: row["wrapped"] for row in await act.rows(_HOLD, people) if row["wrapped"]}
    held = await withdrawals.uses(act, people)
    found = await verdicts.of(act, held)
    ending = verdicts.over(found)
    wrong = verdicts.corrected(held, _changed(act, notes, families), ending)
    await withdrawals.tell(act, [*ending, *wrong])
    await withdrawals.lift(act, verdicts.lifted(found))
    await settling.take_back(act, people)
    await act.execute(_DONE, [row["id"] for row in notes])


async def _put_off(hub: Hub) -> None:
    """Come back later to the note that is first in line."""
    async with hub.database.writing() as session:
        for row in await session.rows(_TAKE, 1):
            await session.execute(_PUT_OFF, row["id"], PAUSE_SECONDS)


def _changed(
    ask: Ask, notes: Iterable[Record], families: dict[UUID, tuple[UUID, ...]]
) -> dict[UUID, frozenset[UUID]]:
    """Which categories of whom have other values now; what is said of one record holds for the same person's others."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for note in notes:
        if note["category_id"] is not None and not _is_same(ask, note):
            for each in families[note["customer_id"]]:
                found[each].add(note["category_id"])
    return {customer_id: frozenset(each) for customer_id, each in found.items()}


def _is_same(ask: Ask, note: Record) -> bool:
    """Whether a value was written over by itself, as imports do. What cannot be read any more is told as changed."""
    wrapped = ask.wrapped.get(note["customer_id"])
    if wrapped is None or note["was"] is None or note["became"] is None:
        return False
    key = ask.hub.vault.unwrap(note["customer_id"], wrapped)
    texts = [key.open("profile_value", "sealed", note["value_id"], note[name]) for name in ("was", "became")]
    return texts[0] == texts[1]


async def everybody(ask: Ask, people: Sequence[UUID]) -> list[UUID]:
    """Which of these customers have something with a recipient that has to stop now, or may go on; none is locked."""
    found = await verdicts.of(ask, await withdrawals.uses(ask, people))
    changing = [each.use for each in verdicts.over(found)] + verdicts.lifted(found)
    return sorted({each.customer_id for each in changing})
