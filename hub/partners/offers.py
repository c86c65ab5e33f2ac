"""Offers: what a partner may ask for at all, by its arrangements in force: each a purpose and the categories for it.

Minimised from the start: of what the arrangement names only what the purpose needs. Which customers that comes to is
decided for each of them when they are handed over. A processor is handed its work otherwise, and has no offer.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from hub import known as knowledge
from hub.act import Ask
from hub.crowds import ANYBODY
from hub.errors import Code, Refusal, not_found
from hub.known import Arrangement, Known, Purpose, Reference
from hub.policy.values import Act as Doing
from hub.questioned import Question
from hub.scope import organisation

DOING: Final[Mapping[str, Doing]] = {
    "REFERRAL": Doing.DISCLOSE, "ALLIANCE": Doing.DISCLOSE, "SALE": Doing.SELL, "RENTAL": Doing.SELL,
    "POOLING": Doing.POOL,
}  # fmt: skip
_NOW: Final = "SELECT number, now() AS at FROM catalogue_clock"


@dataclass(frozen=True, slots=True)
class Offer:
    """One purpose of one arrangement. categories: keys by id, of what both name. question: as asked of anybody.

    known: what it was found in.
    """

    known: Known
    organisation_id: UUID
    recipient_id: UUID
    arrangement: Arrangement
    purpose: Purpose
    categories: Mapping[UUID, str]
    question: Question

    @property
    def arrangement_id(self) -> UUID:
        """Of the arrangement."""
        return UUID(self.arrangement.id)

    @property
    def purpose_id(self) -> UUID:
        """Of the purpose."""
        return UUID(self.purpose.id)

    def is_of(self, arrangement: Reference | None) -> bool:
        """Whether it is of this arrangement, by id or key; None: of any."""
        return arrangement in {None, self.arrangement_id, self.arrangement.key}


async def known_now(ask: Ask) -> Known:
    """What offers are found in at this moment, which becomes the instant of an Ask that finds its own.

    The moment is that at which the call was let in, where its actor brings it along.
    """
    ask.at, clock = ask.actor.seen or await _seen(ask)
    return await knowledge.current(ask, towards(ask), clock)


async def _seen(ask: Ask) -> tuple[datetime, int]:
    row = await ask.row(_NOW)
    if row is None:
        raise AssertionError("unreachable")
    return row["at"], row["number"]


async def every(ask: Ask, known: Known | None = None) -> list[Offer]:
    """Everything that the partner who asks may ask for today, in the order of the arrangements' keys.

    known: what it is found in, where that has been read.
    """
    recipient_id = recipient(ask)
    known = known or await knowledge.within(ask, towards(ask))
    found = _offers(known, recipient_id, ask.at.date())
    return _in_order(each for each in found if _is_open(ask, each.arrangement_id))


async def of_recipient(ask: Ask, recipient_id: UUID) -> list[Offer]:
    """Everything that a recipient of the organisation that asks may ask for today, in the same order."""
    known = await knowledge.within(ask, towards(ask))
    return _in_order(_offers(known, recipient_id, ask.at.date()))


async def find(ask: Ask, arrangement: Reference, purpose: Reference, known: Known | None = None) -> Offer:
    """One offer; Refusal NOT_FOUND for what is not, or not any more, or is another partner's. known: as for `every`."""
    for each in await every(ask, known):
        if each.is_of(arrangement) and purpose in {each.purpose_id, each.purpose.key}:
            return each
    raise not_found("arrangement", "arrangement")


def towards(ask: Ask) -> UUID:
    """Whose partner it is who asks."""
    return organisation(ask, None)


def recipient(ask: Ask) -> UUID:
    """Which recipient the partner who asks is."""
    if ask.actor.recipient_id is None:
        raise Refusal(Code.FORBIDDEN, "Only a partner can ask this: sign in as a client of one.")
    return ask.actor.recipient_id


def _in_order(some: Iterable[Offer]) -> list[Offer]:
    return sorted(some, key=lambda each: (each.arrangement.key, each.purpose.key))


def _is_open(ask: Ask, arrangement_id: UUID) -> bool:
    return ask.actor.arrangements is None or arrangement_id in ask.actor.arrangements


def _offers(known: Known, recipient_id: UUID, on: date) -> Iterator[Offer]:
    for one in known.all("ARRANGEMENT"):
        if one.recipient == str(recipient_id) and one.kind in DOING and one.holds_on(on):
            yield from _of(known, one, recipient_id)


def _of(known: Known, one: Arrangement, recipient_id: UUID) -> Iterator[Offer]:
    for purpose_id in one.purposes:
        purpose: Purpose | None = known.get("PURPOSE", purpose_id)
        if purpose is None or purpose.retired_at is not None:
            continue
        shared = {
            UUID(each): known.get("CATEGORY", each).key
            for each in one.categories
            if each in purpose.categories
        }
        if shared:
            question = Question(ANYBODY, DOING[one.kind], UUID(purpose_id), recipient_id, UUID(one.id))
            yield Offer(known, known.organisation_id, recipient_id, one, purpose, shared, question)
