"""The feed of a recipient: what it has to forget, correct or stop using, in one order, from any place it has reached.

It is read at least once: whoever comes back gives the place after which to go on. A place names the withdrawal too, so
that one from before a backup was restored, which now stands for something else, is not taken for what it was.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from hub.act import FAILURES, Ask, Hub, refusal
from hub.actors import Actor
from hub.db import Record, Session
from hub.errors import Code, Refusal, not_found
from hub.listening import PLACED
from hub.partners.withdrawals import COLUMNS, Withdrawal

AT_A_TIME: Final = 100
NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a recipient's feed: after its number-th withdrawal, which is this one."""

    number: int = 0
    withdrawal_id: UUID = NOBODY


START: Final = Place()


@dataclass(frozen=True, slots=True)
class Entry:
    """A withdrawal, and where it stands. purpose, categories: their keys."""

    place: Place
    withdrawal: Withdrawal
    purpose: str
    categories: tuple[str, ...]

    @classmethod
    def of(cls, row: Record) -> Self:
        """From a row."""
        place = Place(row["number"], row["id"])
        return cls(place, Withdrawal.of(row), row["purpose_key"], tuple(row["category_keys"]))


_ENTRY: Final = f"""
    SELECT p.number, {COLUMNS}, u.key AS purpose_key,
        ARRAY(SELECT g.key FROM category g WHERE g.id = ANY (w.categories) ORDER BY g.key) AS category_keys
    FROM withdrawal_place p JOIN withdrawal w ON w.id = p.withdrawal_id JOIN purpose u ON u.id = w.purpose_id
"""  # noqa: S608 - joined from constants
_AFTER: Final = f"""{_ENTRY}
    WHERE p.recipient_id = $1 AND p.number > $2 AND ($3::uuid[] IS NULL OR w.arrangement_id = ANY ($3))
    ORDER BY p.number LIMIT $4
"""
_END: Final = """
    SELECT number, withdrawal_id FROM withdrawal_place WHERE recipient_id = $1 ORDER BY number DESC LIMIT 1
"""
_IS_THERE: Final = """
    SELECT EXISTS (SELECT FROM withdrawal_place WHERE recipient_id = $1 AND number = $2 AND withdrawal_id = $3)
"""
_THESE: Final = f"""{_ENTRY}
    WHERE p.withdrawal_id = ANY ($2) AND p.recipient_id = $1 AND ($3::uuid[] IS NULL OR w.arrangement_id = ANY ($3))
"""


async def after(session: Session, actor: Actor, number: int, most: int = AT_A_TIME) -> list[Entry]:
    """Read on after a number, those of the arrangements that the actor may see."""
    rows = await session.rows(_AFTER, recipient(actor), number, _arrangements(actor), most)
    return [Entry.of(row) for row in rows]


async def end(session: Session, actor: Actor) -> Place:
    """Where the feed ends now."""
    row = await session.row(_END, recipient(actor))
    return Place(row["number"], row["withdrawal_id"]) if row else START


async def require_known(ask: Ask, place: Place) -> None:
    """Refuse CONFLICT for a place that is not there any more: a backup was restored since."""
    if place != START and not await ask.value(
        _IS_THERE, recipient(ask.actor), place.number, place.withdrawal_id
    ):
        message = "This hub knows nothing of this place any more: resync, by reading the feed from its start."
        raise Refusal(Code.CONFLICT, message, ("after",))


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Entry]:
    """Read many entries by one statement; those not placed yet, unknown or of others are left out."""
    rows = await ask.rows(_THESE, recipient(ask.actor), list(ids), _arrangements(ask.actor))
    return {row["id"]: Entry.of(row) for row in rows}


async def follow(hub: Hub, actor: Actor, place: Place) -> AsyncGenerator[Entry]:
    """Every withdrawal after the place, as it is placed; it never ends by itself.

    Refusal UNAVAILABLE where it cannot be read.
    """
    number = place.number
    with hub.listening.bell(PLACED) as rung:
        while True:
            rung.clear()
            found = await _look(hub, actor, number)
            for each in found:
                yield each
                number = each.place.number
            if len(found) < AT_A_TIME:
                await rung.wait()


async def _look(hub: Hub, actor: Actor, number: int) -> Sequence[Entry]:
    try:
        return await after(hub.database.single(), actor, number)
    except FAILURES as error:
        raise refusal(error) from error


def recipient(actor: Actor) -> UUID:
    """The recipient that the actor is; NOT_FOUND for anybody else."""
    if actor.recipient_id is None:
        raise not_found("feed")
    return actor.recipient_id


def _arrangements(actor: Actor) -> list[UUID] | None:
    return None if actor.arrangements is None else sorted(actor.arrangements)
