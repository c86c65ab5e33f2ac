"""Crowds: the same question about all customers at once, by the same statement and the same reader as about one.

The statement counts how many stand alike; each way of standing is read and decided once. Only families of merged
records, and states whose key cannot tell (see `Reader.is_mixed`), are read one by one.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from hub import gather as gathering
from hub import known as knowledge
from hub.act import Ask
from hub.errors import Refusal, invalid
from hub.gather import Gathered, parameters, statement
from hub.groups import Group, Part, grouped
from hub.known import Known
from hub.policy.decision import Decision
from hub.policy.facts import Facts
from hub.policy.rule import Outcome
from hub.questioned import Question
from hub.reading import Reader, Reading
from hub.scope import organisation
from hub.shapes import Shapes, Standing, shapes

EACH_AT_ONCE = 1_000
PAGE_AT_MOST = 1_000
ANYBODY = UUID(int=0)
"""Stands in a question that is asked about everybody."""
NOBODY = Standing((), "NONE", "ADULT", is_restricted=False, is_held=False, is_erased=False, registries=())


@dataclass(frozen=True, slots=True)
class Such:
    """Which customers; nothing named does not narrow. A customer counts where one of their jurisdictions is named."""

    jurisdictions: frozenset[str] = frozenset()
    relationships: frozenset[str] = frozenset()

    def fits(self, standing: Standing) -> bool:
        """Whether a standing is among them."""
        is_place = not self.jurisdictions or not self.jurisdictions.isdisjoint(standing.jurisdictions)
        return is_place and (not self.relationships or standing.relationship in self.relationships)


EVERYBODY = Such()


@dataclass(frozen=True, slots=True)
class Heap:
    """Customers who stand alike, and the answer they all get. reading: the one that decided; None: nobody can tell.

    part and key name the state; is_alone: somebody who was read one by one.
    """

    customers: int
    standing: Standing
    decision: Decision | None
    reading: Reading | None
    readings: tuple[Reading, ...]
    part: int = 0
    key: int = 0
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """How a question is answered over a crowd. undecided: customers without a jurisdiction on record."""

    known: Known
    reader: Reader
    customers: int
    groups: tuple[Group, ...]
    undecided: int
    distinct_facts: int
    on: date

    def of(self, outcome: Outcome) -> int:
        """How many get an outcome."""
        return sum(group.customers for group in self.groups if group.outcome is outcome)


async def audience(ask: Ask, question: Question, such: Such = EVERYBODY) -> Audience:
    """Count by outcome and rule, with what would move each group. Refusal INVALID where nobody fits the filter.

    Without a filter, an organisation that has no customer at all has an audience of none.
    """
    crowd = await Crowd.of(ask, question)
    return summed(crowd, await crowd.heaps(such))


def summed(crowd: "Crowd", heaps: Sequence[Heap]) -> Audience:
    """Add heaps up by outcome and rule. What comes of them does not depend on their order."""
    counts: Counter[int] = Counter()
    decisions: dict[int, tuple[Facts, Decision]] = {}
    for heap in heaps:
        if heap.decision is not None and heap.reading is not None:
            facts = heap.reading.facts
            counts[facts.signature] += heap.customers
            decisions[facts.signature] = facts, heap.decision
    parts = [Part(*decisions[signature], number) for signature, number in counts.items()]
    undecided = sum(heap.customers for heap in heaps if heap.decision is None)
    distinct = {facts.facts.signature for heap in heaps for facts in heap.readings}
    return Audience(
        crowd.known,
        crowd.reader,
        counts.total() + undecided,
        grouped(parts, crowd.on),
        undecided,
        len(distinct),
        crowd.on,
    )


def about_everybody(ask: Ask, question: Question) -> Question:
    """The question as it is asked about everybody; the asker's own department is the default."""
    return replace(question, customer_id=ANYBODY, department=question.department or ask.actor.department_id)


@dataclass(slots=True)
class Crowd:
    """A question about everybody of an organisation, in the snapshot of an Ask."""

    ask: Ask
    organisation_id: UUID
    known: Known
    reader: Reader
    on: date
    _mixed: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    _everybody: list[Heap] | None = None
    _singly: list[tuple[UUID, Heap]] = field(default_factory=list[tuple[UUID, Heap]])

    @classmethod
    async def of(cls, ask: Ask, question: Question) -> "Crowd":
        """Find what the question names; Refusal for what cannot be asked."""
        organisation_id = organisation(ask, None)
        known = await knowledge.within(ask, organisation_id)
        reader = gathering.reader(known, about_everybody(ask, question), ask.at.date())
        if isinstance(reader, Refusal):
            raise reader
        return cls(ask, organisation_id, known, reader, ask.at.date())

    @property
    def _shapes(self) -> Shapes:
        return shapes(self.ask.hub)

    def _parameters(self) -> list[Any]:
        return [self.organisation_id, self.ask.at, *parameters(self.reader.terms)]

    async def heaps(self, such: Such = EVERYBODY) -> list[Heap]:
        """Everybody, by how they stand; read once, however many pages of members are asked for."""
        if self._everybody is None:
            self._everybody = await self._read()
        found = [heap for heap in self._everybody if such.fits(heap.standing)]
        if not found and such != EVERYBODY:
            raise invalid("No customer fits this filter: name other jurisdictions or relationships.", "such")
        return found

    async def _read(self) -> list[Heap]:
        rows = await self.ask.rows(statement("crowd", is_past=self.ask.is_past), *self._parameters())
        await self._shapes.require(
            self.ask, {row["part"] for row in rows}, {row["key"] >> 24 for row in rows}
        )
        found: list[Heap] = []
        for row in rows:
            part, key = row["part"], row["key"]
            if self.reader.is_mixed(key):
                self._mixed.add((part, key))
            else:
                found.append(self._heap(row["customers"], part, key))
        self._singly = [pair async for pair in self._alone()]
        found += [heap for _, heap in self._singly]
        if not found and self.ask.is_past:
            raise invalid("No customer was on record then. Ask about a later day.", "asOf")
        return found

    def _heap(self, customers: int, part: int, key: int) -> Heap:
        standing = self._shapes.standings[part >> 32]
        heap = Heap(customers, standing, None, None, (), part, key)
        return self._decided(heap, self.reader.read(self._shapes, part, key))

    def _decided(self, heap: Heap, readings: tuple[Reading, ...]) -> Heap:
        if not readings:
            return heap
        verdict = self.reader.verdict(readings)
        return replace(heap, decision=verdict.decision, reading=readings[verdict.place], readings=readings)

    async def members(
        self, wanted: Callable[[Heap], bool], after: UUID | None = None, size: int = 100
    ) -> list[UUID]:
        """A keyset page of those whose answer is wanted: up to size + 1 ids after the one named, ascending."""
        heaps = [heap for heap in await self.heaps() if not heap.is_alone and wanted(heap)]
        parts, keys = [heap.part for heap in heaps], [heap.key for heap in heaps]
        sql = statement("members", is_past=self.ask.is_past)
        rows = await self.ask.rows(sql, *self._parameters(), parts, keys, after, size + 1)
        found = [row["customer_id"] for row in rows]
        last = found[-1] if len(found) > size else None
        for customer_id, heap in self._singly:
            if last is not None and customer_id > last:
                break
            if (after is None or customer_id > after) and wanted(heap):
                found.append(customer_id)
        return sorted(found)[: size + 1]

    async def _alone(self) -> AsyncIterator[tuple[UUID, Heap]]:
        """Those who are read one by one, in the order of their ids."""
        sql = statement("families", is_past=self.ask.is_past)
        ids = {row["id"] for row in await self.ask.rows(sql, self.organisation_id, self.ask.at)}
        ids |= await self._mixed_ids()
        queue = iter(sorted(ids))
        while batch := list(islice(queue, EACH_AT_ONCE)):
            for customer_id, gathered in zip(batch, await self._each(batch), strict=True):
                yield customer_id, self._lone(gathered)

    async def _mixed_ids(self) -> set[UUID]:
        if not self._mixed:
            return set()
        parts, keys = zip(*self._mixed, strict=True)
        sql = statement("members", is_past=self.ask.is_past)
        rows = await self.ask.rows(sql, *self._parameters(), list(parts), list(keys), None, None)
        return {row["customer_id"] for row in rows}

    async def _each(self, ids: Sequence[UUID]) -> list[Gathered]:
        questions = [replace(self.reader.terms.question, customer_id=each) for each in ids]
        return await gathering.read_each(self.ask, self.organisation_id, questions, [self.reader] * len(ids))

    def _lone(self, gathered: Gathered) -> Heap:
        if gathered.refusal is not None:
            return Heap(1, NOBODY, None, None, (), is_alone=True)
        row = gathered.rows[self.reader.verdict(gathered.readings).place]
        standing = self._shapes.standings[row["part"] >> 32]
        heap = Heap(1, standing, None, None, (), row["part"], row["key"], is_alone=True)
        return self._decided(heap, gathered.readings)
