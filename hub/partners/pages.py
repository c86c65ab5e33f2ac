"""Pages of customers: those a partner may receive now, a stretch of its own order at a time, and single ones by id.

Who is on a page is found twice: by their keys, which is cheap and may be stale by then, and under their locks when they
are handed over. So a page may come out shorter than it could be, and says by its end where the next one begins. How far
a page looks is bounded too: where few of many are allowed, it ends early.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from hub import decisions
from hub import gather as gathering
from hub.act import Act, Ask
from hub.answers import Answer
from hub.db import Record
from hub.errors import Code, Refusal
from hub.gather import gather, parameters, statement
from hub.pairwise import Pairs
from hub.partners import blocks, handing, ordering
from hub.partners.handing import Handed
from hub.partners.offers import Offer
from hub.partners.ordering import Place
from hub.policy.rule import Outcome
from hub.reading import Reader, Stand, State
from hub.shapes import SAID, shapes

PAGE_MOST: Final = 100
LOOKED_MOST: Final = 10_000
EXPECTED: Final = 32
"""How many of a bucket are expected to be allowed, for a first look."""
SPARE: Final = 1.25
"""How much further a look goes than it should have to, as a second one costs more."""
FIRST_MOST: Final = 16
"""How many buckets a first look goes through at most."""
BUCKETS_MOST: Final = 256


class Found(NamedTuple):
    """A customer who may be on a page. visited, last: where in the partner's order, as a place says it."""

    visited: int
    last: bytes
    customer_id: UUID


Where = tuple[range, Pairs, Place]
"""The visits that rows come from, whose order it is, and the place after which to begin."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page, each with its place; following: where the next one begins, None: nowhere."""

    items: Sequence[tuple[Handed, Place]]
    following: Place | None


async def page(ask: Ask, offer: Offer, size: int, start: Place | None) -> Page:
    """Hand over the next customers, at most as many as asked. Refusal LIMIT for more than a page holds.

    ask: without a snapshot, so that each statement sees what is so by then.
    """
    if not 1 <= size <= PAGE_MOST:
        raise Refusal(Code.LIMIT, f"Ask for 1 to {PAGE_MOST} at a time.", ("first",))
    begin = start or await ordering.beginning(ask, offer)
    found, following = await _look(ask, offer, begin, size)
    handed = await handing.hand_over_unheld(ask, offer, [each.customer_id for each in found])
    places = {each.customer_id: Place(begin.bits, each.visited, each.last) for each in found}
    return Page([(each, places[each.customer_id]) for each in handed], following)


async def one(act: Act, offer: Offer, pairwise_id: UUID) -> Handed | None:
    """Hand over one customer; None for one who may not be received and for one who never was: nobody can tell."""
    await blocks.require_open(act, offer.recipient_id, "arrangement")  # whoever is asked about
    [customer_id] = Pairs(act.hub, offer.recipient_id).meant([pairwise_id])
    question = replace(offer.question, customer_id=customer_id)
    [gathered] = await gather(act, offer.organisation_id, [question])
    answer = decisions.answered(gathered)
    if not isinstance(answer, Answer) or answer.decision.outcome is not Outcome.ALLOW:
        return None
    return next(iter(await handing.hand_over(act, offer, [customer_id])), None)


def reader(ask: Ask, offer: Offer) -> Reader:
    """What reads how customers stand on an offer today."""
    made = gathering.reader(offer.known, offer.question, ask.at.date())
    if isinstance(made, Refusal):
        raise made
    return made


async def _look(ask: Ask, offer: Offer, begin: Place, size: int) -> tuple[list[Found], Place | None]:
    """Who comes next by their keys, up to size, and where to go on; None: nobody is left."""
    reads, pairs = reader(ask, offer), Pairs(ask.hub, offer.recipient_id)
    found, visit, looked, buckets = list[Found](), begin.visited, 0, 1 << begin.bits
    several = int(min(SPARE * size / _USUAL.get(reads, EXPECTED), FIRST_MOST)) + 1
    while visit < buckets and looked < LOOKED_MOST:
        visits = range(visit, min(visit + several, buckets))
        rows = await stretch(ask, offer, reads, [ordering.bucket(pairs, begin.bits, each) for each in visits])
        looked += len(rows)
        more = await placed(ask, reads, rows, (visits, pairs, begin))
        _USUAL[reads] = max(len(more) / len(visits), 1)
        found += more
        if len(found) > size:
            return found[:size], Place(begin.bits, found[size - 1].visited, found[size - 1].last)
        visit, several = visits.stop, min(several * 2, BUCKETS_MOST)
    return found, Place(begin.bits, visit) if visit < buckets else None


_USUAL: Final = WeakKeyDictionary[Reader, float]()
"""How many of a bucket were found to be allowed on an offer the last time."""


async def stretch(ask: Ask, offer: Offer, reads: Reader, hashes: Sequence[tuple[int, int]]) -> list[Record]:
    """How everybody in some stretches of the hash stands on an offer, as keys."""
    firsts, lasts = [first for first, _ in hashes], [last for _, last in hashes]
    sql = statement("scattered", number=reads.terms.purpose.number)
    return await ask.beside().rows(
        sql, offer.organisation_id, ask.at, *parameters(reads.terms), firsts, lasts
    )


async def placed(ask: Ask, reads: Reader, rows: Sequence[Record], where: Where) -> list[Found]:
    """Those whom their keys allow, and those whose keys cannot tell, in the partner's order from a place on."""
    visits, pairs, begin = where
    states: list[State] = [((row["part"], row["key"]),) for row in rows]
    pairs_of = list(zip(rows, states, strict=True))
    maybe = await _maybe(ask, reads, {state for row, state in pairs_of if not row["joint"]})
    wanted: list[tuple[int, UUID]] = [
        (row["position"], row["customer_id"]) for row, state in pairs_of if row["joint"] or state in maybe
    ]
    ids = [each for _, each in wanted]
    order = sorted(zip([visits[each - 1] for each, _ in wanted], pairs.places(ids), ids, strict=True))
    if begin.last is not None:
        order = order[bisect(order, (begin.visited, begin.last), key=itemgetter(0, 1)) :]
    return [Found(*each) for each in order]


async def _maybe(ask: Ask, reads: Reader, states: set[State]) -> set[State]:
    """Those states in which a customer may be handed over, or which have to be looked at one by one."""
    kept, news = shapes(ask.hub), reads.unread(list(states))
    pairs = [each for state in news for each in state]
    await kept.require(ask, {part for part, _ in pairs}, {key & SAID for _, key in pairs})
    stands = reads.stands(kept, news)
    return {each for each in states if _may_be(stands.get(each))}


def _may_be(stand: Stand | None) -> bool:
    if stand is None:
        return True
    return stand.verdict is not None and stand.verdict.decision.outcome is Outcome.ALLOW
