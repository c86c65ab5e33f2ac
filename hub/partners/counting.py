"""Entitlements: how many customers a partner may receive, of which categories, under which clauses; why not the rest.

Numbers only, and none that is small or exact: what one customer does shows in no difference of two of them. One more
moves no number, but where a whole step is full, and that step is of many.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.act import Ask
from hub.crowds import Crowd, Heap, summed
from hub.groups import Group
from hub.known import Clause, Version
from hub.partners.offers import Offer
from hub.policy.decision import Decision
from hub.policy.rule import Outcome

STEP: Final = 10
LEAST: Final = 10


@dataclass(frozen=True, slots=True)
class Resting:
    """A clause under which customers may be received. customers: in steps, at least so many."""

    notice: str
    version: int
    clause: str
    texts: Mapping[str, str]
    customers: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Why others may not be received: the outcome and the rule, and how many, in steps."""

    outcome: Outcome
    decision: Decision
    citation: str
    customers: int


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What comes of an offer. customers: in steps, at least so many; None: nobody, or too few to say."""

    customers: int | None
    clauses: tuple[Resting, ...]
    missing: tuple[Missing, ...]


async def count(ask: Ask, offer: Offer) -> Entitlement:
    """Count an offer over all customers, as they stand now."""
    crowd = await Crowd.of(ask, offer.question)
    heaps = await crowd.heaps()
    found = summed(crowd, heaps)
    return Entitlement(shown(found.of(Outcome.ALLOW)), _clauses(heaps), tuple(_missing(found.groups)))


def shown(customers: int) -> int | None:
    """A number as a partner may see it: whole steps, nothing of what is small."""
    return None if customers < LEAST else customers // STEP * STEP


def _clauses(heaps: Sequence[Heap]) -> tuple[Resting, ...]:
    sizes = defaultdict[tuple[str, str], int](int)
    found: dict[tuple[str, str], tuple[Version, Clause]] = {}
    for heap in heaps:
        told = heap.reading.told if heap.reading else None
        if heap.decision is None or heap.decision.outcome is not Outcome.ALLOW or told is None:
            continue
        if told.version is not None and told.clause is not None:
            mark = (told.version.id, told.clause.id)
            found[mark] = (told.version, told.clause)
            sizes[mark] += heap.customers
    made = [
        Resting(version.notice_key, version.number, clause.key, clause.texts, several)
        for mark, (version, clause) in found.items()
        if (several := shown(sizes[mark])) is not None
    ]
    return tuple(sorted(made, key=lambda each: (each.notice, each.version, each.clause)))


def _missing(groups: Sequence[Group]) -> Iterator[Missing]:
    for each in groups:
        several = shown(each.customers)
        if each.outcome is not Outcome.ALLOW and several is not None:
            yield Missing(each.outcome, each.decision, each.citation, several)
