"""Closing one's account with an organisation oneself, and opening it again for a few days.

An account is a relationship that is ACTIVE. Closing it deletes nothing: what is kept stays for the months
of each purpose, and decisions know a former customer from that moment. The act that closes it queues a letter to the
address on record, so that whoever did not do this hears of it while it can be opened again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from uuid import UUID

from hub import merges, standings
from hub.act import Act, Ask
from hub.errors import Code, Refusal, not_found
from hub.identities import open_key
from hub.letters.sending import NewLetter, send
from hub.letters.templates import Key, speaks
from hub.policy.values import Relationship
from hub.scope import hold, own
from hub.spelling import spelled
from hub.standings import Change
from hub.webhooks import announcing
from hub.webhooks.types import Type

REOPENS_FOR: Final = timedelta(days=7)
CLOSED, REOPENED = "CLOSED_BY_CUSTOMER", "REOPENED_BY_CUSTOMER"
OVER: Final = "This account cannot be opened again here: it was not closed here, or its days are over."
# Of several events of one instant the closing counts, as in `state_at`.
_LAST: Final = """
    SELECT DISTINCT ON (c.id) c.id, e.value, e.reason, e.happened_at
    FROM customer c JOIN customer_event e ON e.customer_id = c.id
    WHERE e.organisation_id = $2 AND e.aspect = 'RELATIONSHIP' AND c.id = ANY ($1) AND c.erased_at IS NULL
    ORDER BY c.id, e.happened_at DESC, array_position(ARRAY['CLOSED', 'NONE', 'NEGOTIATING', 'ACTIVE'], e.value)
"""
# One of the records may have the address and another the account: they are one person.
_ADDRESS: Final = """
    SELECT i.id, i.customer_id, i.sealed, c.locale, o.key AS house
    FROM identifier i JOIN customer c ON c.id = i.customer_id JOIN organisation o ON o.id = i.organisation_id
    WHERE i.customer_id = ANY ($1) AND i.organisation_id = $2 AND i.kind = 'EMAIL' AND i.ended_at IS NULL
      AND c.erased_at IS NULL
    ORDER BY i.verified_at IS NULL, i.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Account:
    """How one's account stands. closed_at: None where it is open, or there was none. until_at: it reopens till then."""

    is_open: bool
    closed_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Record:
    """One of the records that are the same person, as it became last."""

    id: UUID
    value: str
    reason: str
    happened_at: datetime

    def reopens(self, at: datetime) -> bool:
        """Whether its customer closed it, and may still think better of it."""
        is_theirs = self.value == Relationship.CLOSED and self.reason == CLOSED
        return is_theirs and at < self.happened_at + REOPENS_FOR


async def look(ask: Ask) -> Account:
    """Read how the account of the customer who is signed in stands, with this organisation."""
    records = await _records(ask)
    if any(each.value == Relationship.ACTIVE for each in records):
        return Account(is_open=True)
    closed = [each for each in records if each.value == Relationship.CLOSED]
    if not closed:
        return Account(is_open=False)
    last = max(closed, key=lambda each: each.happened_at)
    until_at = last.happened_at + REOPENS_FOR if last.reopens(ask.at) else None
    return Account(is_open=False, closed_at=last.happened_at, until_at=until_at)


async def close(act: Act, zone: tzinfo = UTC) -> None:
    """Close it, and write so; one that is closed already, or was never opened, stays as it is. zone: whose days."""
    records = [each for each in await _held(act) if each.value == Relationship.ACTIVE]
    await _become(act, records, Change(relationship=Relationship.CLOSED, reason=CLOSED))
    if records:
        await _write(act, zone)


async def reopen(act: Act) -> None:
    """Open it again; one that is open stays so. Refusal CONFLICT once it is too late, or if others closed it."""
    records = await _held(act)
    theirs = [each for each in records if each.reopens(act.at)]
    if not theirs and all(each.value != Relationship.ACTIVE for each in records):
        raise Refusal(Code.CONFLICT, OVER, ("account",))
    await _become(act, theirs, Change(relationship=Relationship.ACTIVE, reason=REOPENED))


async def _become(act: Act, records: list[_Record], change: Change) -> None:
    for each in records:
        await standings.change(act, each.id, change)
    house = act.actor.organisation_id
    if records and house is not None:  # a customer has one
        said = {"customer": spelled("Customer", _me(act))}
        await announcing.announce(act, house, Type.ACCOUNT_CHANGED, said)


async def _write(act: Act, zone: tzinfo) -> None:
    """Say what closing means and until when it can be undone; nothing where no address is on record."""
    row = await act.row(_ADDRESS, await _family(act), act.actor.organisation_id)
    if row is None:
        return
    key = await open_key(act, row["customer_id"])
    to = key.open_text("identifier", "sealed", row["id"], row["sealed"])
    link = f"/o/{row['house']}/{speaks(row['locale'])}/close"
    values = {"until_on": (act.at + REOPENS_FOR).astimezone(zone).date(), "link": link}
    house, owner = act.actor.organisation_id, row["customer_id"]
    await send(act, NewLetter(house, Key.ACCOUNT_CLOSED, to, row["locale"], values, owner))


async def _held(act: Act) -> list[_Record]:
    """What it is once nobody else can change it: of two tabs the second one sees what the first one did."""
    await hold(act, _me(act))
    return await _records(act)


async def _records(ask: Ask) -> list[_Record]:
    rows = await ask.rows(_LAST, await _family(ask), ask.actor.organisation_id)
    return [_Record(*row.values()) for row in rows]


async def _family(ask: Ask) -> list[UUID]:
    me = _me(ask)
    return list((await merges.families(ask, [me])).get(me, (me,)))


def _me(ask: Ask) -> UUID:
    me = own(ask)
    if me is None:
        raise not_found("customer", "customer")
    return me
