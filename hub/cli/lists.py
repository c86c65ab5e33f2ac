"""Lists of customers as CSV: ids alone, a page at a time, so that a million need no more memory than a thousand.

The id is the hub's own, as GraphQL and every command take it. Names, addresses and other systems' ids are not for the
command line's operator: a program that may open them looks them up by this id, one recorded view at a time.
"""

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from hub import coverage
from hub.cli.outputs import OWN, whole
from hub.coverage import Cover
from hub.crowds import Crowd, Heap, Such
from hub.errors import invalid
from hub.policy import RULES, Outcome
from hub.policy.facts import meant
from hub.spreadsheets import Table

PAGE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Listed:
    """Who is on a list, and what stands in the second column and on."""

    wants: Callable[[Crowd, Heap], bool]
    cells: Sequence[str]


def by_outcome(said: str) -> Listed:
    """Who gets an outcome, by a rule if one is named; Refusal INVALID."""
    name, _, rule = said.partition(":")
    outcome = _one_of(Outcome, name)
    if rule and rule not in RULES:
        raise invalid(f"There is no rule `{rule[:60]}`{meant(rule, RULES)}", "--list")

    def wanted(_: Crowd, heap: Heap) -> bool:
        decision = heap.decision
        return decision is not None and decision.outcome is outcome and rule in {"", decision.rule}

    return Listed(wanted, (outcome.value, rule) if rule else (outcome.value,))


def by_cover(said: str) -> Listed:
    """Who stands somewhere; of those who need to consent, who may be asked. Refusal INVALID."""
    cover = _one_of(Cover, said)
    return Listed(lambda crowd, heap: coverage.is_listed(crowd, heap, cover), (cover.value,))


def _one_of(kind: Any, said: str) -> Any:
    try:
        return kind(said.upper())
    except ValueError:
        raise invalid(f"This is none of {', '.join(kind)}.", "--list") from None


async def write(crowd: Crowd, such: Such, listed: Listed, target: Path) -> int:
    """Write who is on the list, and return how many; the file appears when it is whole, for its owner's eyes alone."""
    count = 0
    with whole(target, "--out", OWN) as file:
        table = Table(file)
        table.write(["customer", "answer", "rule"][: len(listed.cells) + 1])
        async for customer_id in _members(crowd, such, listed):
            table.write([_id(customer_id), *listed.cells])
            count += 1
    return count


async def _members(crowd: Crowd, such: Such, listed: Listed) -> AsyncIterator[UUID]:
    after: UUID | None = None
    while True:
        page = await crowd.members(
            lambda heap: such.fits(heap.standing) and listed.wants(crowd, heap), after, PAGE
        )
        for customer_id in page[:PAGE]:
            yield customer_id
        if len(page) <= PAGE:
            return
        after = page[PAGE - 1]


def _id(customer_id: UUID) -> str:
    """As GraphQL writes it."""
    return base64.urlsafe_b64encode(f"Customer:{customer_id}".encode()).rstrip(b"=").decode()
