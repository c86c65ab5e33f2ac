"""Referrals as the partner sees them: what is offered, accepted or declined, and what came of it.

A partner sees what was released to it and nothing before. What the customer needs and who they are is shown while the
referral is offered or accepted and still allowed: that is decided again whenever it is read. A partner that is blocked
is shown nothing of anybody, and accepts nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from hub import inputs, pairwise, particulars, scope
from hub.act import Act, Ask
from hub.errors import Code, Refusal, not_found
from hub.partners import blocks, passing, referrals, settling
from hub.partners.passing import Value
from hub.partners.referrals import STANDING, Page, Referral, stored
from hub.partners.states import Declined, Outcome, State

SHOWN: Final = frozenset({State.OFFERED, State.ACCEPTED})
"""While it stands so, the partner sees whom it is about."""

_MINE: Final = """
    organisation_id = $2 AND recipient_id = $3 AND disclosure_id IS NOT NULL
    AND ($4::uuid[] IS NULL OR arrangement_id = ANY ($4))
"""
_PAGE: Final = f"""
    SELECT * FROM ({STANDING}) referral WHERE {_MINE} AND ($5::text IS NULL OR state = $5)
"""  # noqa: S608 - joined from constants
_FORWARDS: Final = f"{_PAGE} AND ($6::uuid IS NULL OR id > $6) ORDER BY id LIMIT $7"
_BACKWARDS: Final = f"{_PAGE} AND ($6::uuid IS NULL OR id < $6) ORDER BY id DESC LIMIT $7"
_BY_IDS: Final = f"SELECT * FROM ({STANDING}) referral WHERE {_MINE} AND id = ANY ($5)"  # noqa: S608

_AGREED: Final = """
    SELECT x.id, p.key AS purpose, a.keep_days FROM referral x
    JOIN purpose p ON p.id = x.purpose_id JOIN arrangement a ON a.id = x.arrangement_id WHERE x.id = ANY ($1)
"""
_SAID: Final = "SELECT why FROM referral_event WHERE referral_id = $1 AND state = $2"


@dataclass(frozen=True, slots=True)
class Offered:
    """A referral as its partner sees it. may_use: whether it may go on; need and values are empty where it may not.

    own_id: of the customer, as this partner knows them and nobody else does. purpose: the key of what it is for.
    keep_days: for how many days what is passed on may be kept; None: until it is taken back.
    """

    referral: Referral
    own_id: UUID
    state: State
    may_use: bool
    purpose: str
    keep_days: int | None
    need: str = field(default="", repr=False)
    values: Sequence[Value] = field(default=(), repr=False)


async def page(
    ask: Ask, state: str | None, after: UUID | None = None, limit: int = 50, *, backwards: bool = False
) -> Page:
    """Read a stretch of what was released to the partner that asks, in ascending order."""
    most = particulars.page_size(limit, "limit")
    wanted = None if state is None else inputs.choice(State, state, "state")
    rows = await ask.rows(_BACKWARDS if backwards else _FORWARDS, *_whose(ask), wanted, after, most + 1)
    items = [stored(row) for row in rows[:most]]
    return Page(tuple(reversed(items) if backwards else items), len(rows) > most)


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> list[Referral]:
    """Read many; what was never released to the partner that asks is left out."""
    return [stored(row) for row in await ask.rows(_BY_IDS, *_whose(ask), list(ids))]


async def shown(ask: Ask, some: Sequence[Referral]) -> list[Offered]:
    """Show referrals of the partner that asks; each is decided again, and opened where it is still allowed."""
    waiting = [each for each in some if each.state in SHOWN]
    allowed = await settling.allowed(ask, waiting)
    is_blocked = bool(allowed) and await blocks.is_blocked(ask, waiting[0].recipient_id)
    opened = [] if is_blocked else [each for each in waiting if each.id in allowed]
    needs = await referrals.needs(ask, [each.id for each in opened])
    values = await passing.values(ask, opened)
    agreed = {row["id"]: row for row in await ask.rows(_AGREED, [each.id for each in some])}
    return [
        Offered(
            each, pairwise.shown(ask.hub, each.recipient_id, each.customer_id),
            _state(each, is_allowed=each.id in allowed), each.id in values,
            agreed[each.id]["purpose"], agreed[each.id]["keep_days"], needs.get(each.id, ""), values.get(each.id, ()),
        )
        for each in some
    ]  # fmt: skip


async def accept(act: Act, referral_id: UUID) -> Referral:
    """Take an offer on; a second time changes nothing. One that was taken back, or is now, comes back WITHDRAWN.

    Refusal CONFLICT while the partner is blocked.
    """
    referral = await _hold(act, referral_id)
    if referral.state in {State.ACCEPTED, State.WITHDRAWN}:
        return referral
    _require(referral, State.OFFERED)
    await blocks.require_open(act, referral.recipient_id, "referral")
    referral = await settling.recheck(act, referral)
    return (
        referral
        if referral.state is not State.OFFERED
        else await referrals.move(act, referral, State.ACCEPTED)
    )


async def decline(act: Act, referral_id: UUID, reason: str) -> Referral:
    """Leave an offer; a second time changes nothing. Refusal CONFLICT for another reason than was given."""
    why = inputs.choice(Declined, reason, "reason")
    referral = await _hold(act, referral_id)
    if referral.state is State.DECLINED:
        return await _said_before(act, referral, why, "reason")
    _require(referral, State.OFFERED)
    return await referrals.move(act, referral, State.DECLINED, why)


async def report(act: Act, referral_id: UUID, outcome: str) -> Referral:
    """Say what came of an accepted referral; a second time changes nothing. Refusal CONFLICT for another outcome."""
    why = inputs.choice(Outcome, outcome, "outcome")
    referral = await _hold(act, referral_id)
    if referral.state is State.DONE:
        return await _said_before(act, referral, why, "outcome")
    _require(referral, State.ACCEPTED)
    return await referrals.move(act, referral, State.DONE, why)


def _whose(ask: Ask) -> tuple[object, ...]:
    """What narrows every statement to the partner that asks."""
    actor = ask.actor
    if actor.recipient_id is None:
        raise not_found("referral", "referral")
    some = None if actor.arrangements is None else list(actor.arrangements)
    return (ask.at, actor.organisation_id, actor.recipient_id, some)


async def _hold(act: Act, referral_id: UUID) -> Referral:
    """Lock one of the partner's and its customer, in the order in which everybody locks them."""
    found = await by_ids(act, [referral_id])
    if not found:
        raise not_found("referral", "referral")
    await scope.hold_many(act, [found[0].customer_id], found[0].organisation_id)
    return await referrals.hold(act, referral_id)


async def _said_before(act: Act, referral: Referral, why: str, place: str) -> Referral:
    """Nobody is to believe that their second word was taken where the first one stands."""
    before: str = await act.value(_SAID, referral.id, referral.state)
    if before != why:
        raise Refusal(Code.CONFLICT, f"You said {before} already: that stays.", (place,))
    return referral


def _require(referral: Referral, state: State) -> None:
    if referral.state is not state:
        message = f"This referral is {referral.state}: only one that is {state} can become that."
        raise Refusal(Code.CONFLICT, message, ("referral",))


def _state(referral: Referral, *, is_allowed: bool) -> State:
    """An offer that is not allowed any more counts as withdrawn, whether or not that was noted."""
    return State.WITHDRAWN if referral.state is State.OFFERED and not is_allowed else referral.state
