"""Handing over: customers' data goes to a partner, decided for each under their lock, and recorded before it leaves.

Whoever says a word about a customer locks their row, and so does this: either the word is seen, or it comes after the
disclosure and tells the partner to forget. Each distinct Facts is decided once, and one statement keeps it all: the
decisions, whom they are about, the disclosures, and one ledger entry with a line for each customer.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from hub import ledger, statements
from hub.act import FAILURES, RETRIED, Act, Ask, refusal
from hub.actors import Operation
from hub.db import listed, new_id
from hub.pairwise import Pairs
from hub.partners import blocks, contents, deciding
from hub.partners.contents import Contents
from hub.partners.deciding import Allowed, Ground
from hub.partners.offers import Offer
from hub.policy.decision import RULESET

# The arrangement too: one that ends meanwhile ends for these, or is found ended. What follows is planned once.
_HOLD: Final = """
    WITH agreed AS MATERIALIZED (
        SELECT id, set_config('plan_cache_mode', 'force_generic_plan', true) FROM arrangement WHERE id = $2 FOR SHARE)
    SELECT c.id FROM customer c WHERE (c.id = ANY ($1::text::uuid[]) OR c.survivor_id = ANY ($1::text::uuid[]))
      AND EXISTS (SELECT FROM agreed)
    ORDER BY c.id FOR SHARE OF c
"""
_KEEP: Final = f"SELECT record_grounds({', '.join(f'${number}' for number in range(1, 26))})"
_KEEP_UNHELD: Final = f"SELECT * FROM hand_over_unheld({', '.join(f'${number}' for number in range(1, 35))})"  # noqa: S608 - numbers
CHANGED, BLOCKED = "CHANGED", "BLOCKED"
_LISTED: Final = [
    attrgetter(name) for name in ("subject_id", "named", "collection_id", "delivery_id", "disclosure_id")
]


class Handed(NamedTuple):
    """A customer as a partner gets them. id: the partner's own for them. on: the day on which it was handed over."""

    id: UUID
    customer_id: UUID
    contents: Contents
    on: date


async def hand_over(act: Act, offer: Offer, ids: Sequence[UUID]) -> list[Handed]:
    """Decide, record and open these customers, those who may be handed over, in the order given.

    Refusal CONFLICT while the partner is blocked.
    """
    held = {row["id"] for row in await act.rows(_HOLD, listed(ids), offer.arrangement_id)}
    allowed = await deciding.allowed(act, offer, [each for each in ids if each in held], held)
    if not allowed:
        await blocks.require_open(act, offer.recipient_id, "arrangement")
        return []
    shown = await contents.of_many(act, offer, _whose(allowed))
    if not await act.value(_KEEP, *_written(act, offer, allowed)):  # looked at under the locks
        raise blocks.blocked("arrangement")
    return _handed(act, offer, allowed, shown)


async def hand_over_unheld(ask: Ask, offer: Offer, ids: Sequence[UUID]) -> list[Handed]:
    """As `hand_over`, as an act of its own, in which nobody is held until all is decided.

    One statement holds them, looks whether all is as it was seen, and keeps it. Where it is not, it is all done again.
    """
    allowed = await deciding.allowed(ask, offer, ids)
    kept, *values = await keep_unheld(ask, offer, allowed) if allowed else [(CHANGED,)]
    if kept[0] == BLOCKED:
        raise blocks.blocked("arrangement")
    if kept[0] == CHANGED:
        again = partial(hand_over, offer=offer, ids=ids)
        return await ask.hub.perform(ask.actor, Operation.DISCLOSURE_HAND_OVER, again, locale=ask.locale)
    shown = contents.opened(offer, _whose(allowed), [row[1:] for row in values])
    return _handed(ask, offer, allowed, shown)


async def keep_unheld(ask: Ask, offer: Offer, allowed: Sequence[Allowed]) -> list[Sequence[Any]]:
    """Keep what was decided, if all is still as it was seen, and read what is offered of whom.

    The first row says KEPT, BLOCKED or CHANGED, in which nothing was kept; the others are for `contents.opened`.
    """
    actor, rows = ask.actor, [row for each in allowed for row in each.rows]
    seen = [listed([row[name] for row in rows]) for name in ("record_id", "version")]
    opening = (new_id(), Operation.DISCLOSURE_HAND_OVER.value, actor.kind, actor.id, rows[0]["clock"], *seen)
    given = (*opening, *_written(ask, offer, allowed), *contents.offered(offer))
    try:
        return [tuple(row) for row in await ask.hub.database.single_write().rows(_KEEP_UNHELD, *given)]
    except RETRIED:
        return [(CHANGED,)]
    except FAILURES as error:
        raise refusal(error, is_committing=True) from error


def _whose(allowed: Sequence[Allowed]) -> contents.Whose:
    return {each.customer_id: (each.key, each.ground.categories) for each in allowed}


def _handed(
    ask: Ask, offer: Offer, allowed: Sequence[Allowed], shown: Mapping[UUID, Contents]
) -> list[Handed]:
    names, on = (
        Pairs(ask.hub, offer.recipient_id).shown([each.customer_id for each in allowed]),
        ask.at.date(),
    )
    return [
        Handed(name, each.customer_id, shown[each.customer_id], on)
        for name, each in zip(names, allowed, strict=True)
    ]


def _written(ask: Ask, offer: Offer, allowed: Sequence[Allowed]) -> list[Any]:
    """All of it, as the database's functions take it."""
    grounds = {each: number for number, each in enumerate(dict.fromkeys(each.ground for each in allowed), 1)}
    decisions = {each.decision[0]: each.decision for each in grounds}.values()
    entry = _entry(ask, allowed)
    return [
        offer.organisation_id, offer.recipient_id, offer.arrangement_id, offer.purpose_id, RULESET, ask.at,
        *_columns(decisions), *_columns([_ground(each) for each in grounds]),
        listed([grounds[each.ground] for each in allowed]),
        *[listed(map(column, allowed)) for column in _LISTED],
        entry.id, entry.commitment, b"".join(entry.leaves), entry.bodies,
    ]  # fmt: skip


def _ground(each: Ground) -> tuple[str | None, ...]:
    """What is written of a ground: its decision, the clause and the version that were shown, categories."""
    shown = each.reading.told.shown
    cited = [shown.clause_id, shown.version_id] if shown else [None, None]
    return (each.decision[0], *[str(one) if one else None for one in cited], listed(each.categories))


def _columns(rows: Iterable[Sequence[str | None]]) -> list[list[str | None]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _entry(ask: Ask, allowed: Sequence[Allowed]) -> ledger.Sealed:
    salts = statements.new_salts(len(allowed))
    contents = [
        each.ground.body.detail_bytes(salt, {
            "subject": each.subject_id, "disclosure": each.disclosure_id, "collection": each.collection_id,
            "delivery": each.delivery_id,
        })
        for salt, each in zip(salts, allowed, strict=True)
    ]  # fmt: skip
    subjects, keys = [each.customer_id for each in allowed], [each.key for each in allowed]
    return ledger.seal(ask.hub.vault, contents, subjects, keys)
