"""Crowds: the same question about all customers at once, by the same statement and the same reader as about one.

The statement counts how many stand alike; each way of standing is read and decided once. Families of merged records
come with the states of their records. Only states whose key cannot tell (see `Reader.is_mixed`) are read one by one.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from hub import gather as gathering
from hub import known as knowledge
from hub.act import Ask
from hub.errors import Refusal, invalid
from hub.gather import Gathered, parameters, statement
from hub.groups import Group, Part, grouped
from hub.known import Known
from hub.policy.decision import Decision
from hub.policy.rule import Outcome
from hub.questioned import Question
from hub.reading import Reader, Reading, Verdict
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


State = tuple[tuple[int, int], ...]
"""How a customer stands: part and key (see `facts.sql`) of each of their records, mostly one."""


class Heap(NamedTuple):
    """Customers who stand alike, and the answer they all get. verdict: None where nobody can tell.

    part: of the record that decided. ids: who they are, of families and of those read one by one; all others are found
    by their state.
    """

    customers: int
    standing: Standing
    part: int
    readings: tuple[Reading, ...]
    verdict: Verdict | None
    state: State = ()
    ids: tuple[UUID, ...] = ()

    @property
    def decision(self) -> Decision | None:
        """What they are answered."""
        return self.verdict.decision if self.verdict else None

    @property
    def reading(self) -> Reading | None:
        """The reading that decided."""
        return self.readings[self.verdict.place] if self.verdict else None


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
    undecided, read, sizes = 0, dict[int, Heap](), Counter[int]()
    for heap in heaps:
        if heap.verdict is None:
            undecided += heap.customers
        else:
            read[id(heap.verdict)] = heap
            sizes[id(heap.verdict)] += heap.customers
    parts = [
        Part(heap.reading.facts, heap.verdict, sizes[number])
        for number, heap in read.items()
        if heap.reading is not None and heap.verdict is not None
    ]
    distinct = {each.facts.signature for heap in read.values() for each in heap.readings}
    return Audience(
        crowd.known,
        crowd.reader,
        sizes.total() + undecided,
        grouped(parts),
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
    _everybody: list[Heap] | None = None

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
        alike, families = await self._states()
        await self._shapes.require(
            self.ask,
            {part for state in (*alike, *families) for part, _ in state},
            {key >> 24 for state in (*alike, *families) for _, key in state},
        )
        mixed = {state for state in (*alike, *families) if any(self.reader.is_mixed(key) for _, key in state)}
        known = self._shapes
        found = [self._heap(known, size, state) for state, size in alike.items() if state not in mixed]
        found += [
            self._heap(known, len(ids), state, tuple(ids))
            for state, ids in families.items()
            if state not in mixed
        ]
        lone = [each for state in mixed for each in families.get(state, [])]
        lone += await self._ids([state for state in mixed if state in alike])
        found += [heap async for heap in self._alone(lone)]
        if not found and self.ask.is_past:
            raise invalid("No customer was on record then. Ask about a later day.", "asOf")
        return found

    async def _states(self) -> tuple[dict[State, int], dict[State, list[UUID]]]:
        """How many are alike, and the families of merged records by how they stand."""
        is_past, parameters = self.ask.is_past, self._parameters()
        rows = await self.ask.rows(statement("crowd", is_past=is_past), *parameters)
        alike: dict[State, int] = {((part, key),): size for part, key, size in rows}
        families: defaultdict[State, list[UUID]] = defaultdict(list)
        for survivor, parts, keys in await self.ask.rows(statement("families", is_past=is_past), *parameters):
            families[tuple(zip(parts, keys, strict=True))].append(survivor)
        return alike, families

    def _heap(self, known: Shapes, customers: int, state: State, ids: tuple[UUID, ...] = ()) -> Heap:
        """Those who stand so: the records of a family are read together, and the strictest answer counts."""
        read = [self.reader.read(known, part, key) for part, key in state]
        part, readings, verdict = state[0][0], read[0], None
        if len(read) > 1:
            readings = tuple([each for several in read for each in several])
        if readings:
            verdict = self.reader.verdict(readings)
        if verdict and len(read) > 1:
            owners = [own for (own, _), several in zip(state, read, strict=True) for _ in several]
            part = owners[verdict.place]
        return Heap(customers, known.standings[part >> 32], part, readings, verdict, state, ids)

    async def members(
        self, wanted: Callable[[Heap], bool], after: UUID | None = None, size: int = 100
    ) -> list[UUID]:
        """A keyset page of those whose answer is wanted: up to size + 1 ids after the one named, ascending."""
        heaps = [heap for heap in await self.heaps() if wanted(heap)]
        named = [each for heap in heaps for each in heap.ids if after is None or each > after]
        alike = await self._ids([heap.state for heap in heaps if not heap.ids], after, size + 1)
        return sorted([*alike, *named])[: size + 1]

    async def _ids(
        self, states: Sequence[State], after: UUID | None = None, most: int | None = None
    ) -> list[UUID]:
        """Those of one record who stand so, ascending."""
        if not states:
            return []
        parts, keys = [state[0][0] for state in states], [state[0][1] for state in states]
        sql = statement("members", is_past=self.ask.is_past)
        rows = await self.ask.rows(sql, *self._parameters(), parts, keys, after, most)
        return [row["customer_id"] for row in rows]

    async def _alone(self, ids: Sequence[UUID]) -> AsyncIterator[Heap]:
        """Those who are read one by one."""
        queue = iter(sorted(ids))
        while some := list(islice(queue, EACH_AT_ONCE)):
            questions = [replace(self.reader.terms.question, customer_id=each) for each in some]
            readers = [self.reader] * len(some)
            for gathered in await gathering.read_each(self.ask, self.organisation_id, questions, readers):
                yield self._lone(gathered)

    def _lone(self, gathered: Gathered) -> Heap:
        ids = (gathered.question.customer_id,)
        if gathered.refusal is not None:
            return Heap(1, NOBODY, 0, (), None, ids=ids)
        verdict = self.reader.verdict(gathered.readings)
        part = gathered.rows[verdict.place]["part"]
        return Heap(1, self._shapes.standings[part >> 32], part, gathered.readings, verdict, ids=ids)
