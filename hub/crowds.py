"""Crowds: the same question about all customers at once, by the same statement and the same reader as about one.

The statement counts how many stand alike; each way of standing is read and decided once. Families of merged records
come with the states of their records. Only states whose key cannot tell (see `Reader.is_mixed`) are read one by one.
"""

import gc
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from hub import gather as gathering
from hub import known as knowledge
from hub.act import Ask
from hub.db import Record
from hub.errors import Refusal, invalid
from hub.gather import Gathered, parameters
from hub.groups import Group, Part, grouped
from hub.known import Known
from hub.pieces import statement
from hub.policy.decision import Decision
from hub.policy.rule import Outcome
from hub.questioned import Question
from hub.reading import Reader, Reading, Stand, State, Verdict
from hub.scope import organisation
from hub.shapes import SAID, Shapes, Standing, shapes

EACH_AT_ONCE = 1_000
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


class Heap(NamedTuple):
    """Customers who stand alike, and what that comes to.

    ids: who they are, of those read one by one; others are found by their state. is_kin: families of merged records.
    """

    customers: int
    stand: Stand
    ids: tuple[UUID, ...] = ()
    is_kin: bool = False

    @property
    def standing(self) -> Standing:
        """Where they live, and how they stand."""
        return self.stand.standing

    @property
    def readings(self) -> tuple[Reading, ...]:
        """A reading for each of their records and jurisdictions."""
        return self.stand.readings

    @property
    def verdict(self) -> Verdict | None:
        """The answer they all get; None where nobody can tell."""
        return self.stand.verdict

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
    sizes, read, undecided = defaultdict[Verdict, int](int), dict[Verdict, Stand](), 0
    for customers, stand, *_ in heaps:
        verdict = stand.verdict
        if verdict is None:
            undecided += customers
        else:
            sizes[verdict] += customers
            read[verdict] = stand
    parts = [
        Part(stand.readings[verdict.place].facts, verdict, sizes[verdict]) for verdict, stand in read.items()
    ]
    distinct = {signature for verdict in read for signature in verdict.signatures}
    return Audience(
        crowd.known,
        crowd.reader,
        sum(sizes.values()) + undecided,
        grouped(parts),
        undecided,
        len(distinct),
        crowd.on,
    )


Counted = list[tuple[State, int]]
"""How many stand so."""


def _counted(alike: Record) -> Counted:
    parts, keys, sizes = [column or () for column in alike]
    return [((state,), size) for state, size in zip(zip(parts, keys, strict=True), sizes, strict=True)]


def _state(row: Record) -> State:
    """Of a family: how each of its records stands."""
    return tuple(zip(row["parts"], row["keys"], strict=True))


def _heaped(
    counted: Counted, stands: Mapping[State, Stand], *, is_kin: bool
) -> tuple[list[Heap], list[State]]:
    """Heaps, and which of those who stand so must be read one by one."""
    found, mixed = list[Heap](), list[State]()
    for state, customers in counted:
        stand = stands.get(state)
        if stand is None:
            mixed.append(state)
        else:
            found.append(Heap(customers, stand, (), is_kin))
    return found, mixed


@contextmanager
def _unswept() -> Generator[None]:
    """Make many small things at once: to look for garbage among them again and again costs more than they do."""
    was_swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_swept:
            gc.enable()


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
    _families: Mapping[State, Sequence[UUID]] | None = None

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

    def _statement(self, name: str) -> str:
        return statement(name, is_past=self.ask.is_past, number=self.reader.terms.purpose.number)

    async def heaps(self, such: Such = EVERYBODY) -> list[Heap]:
        """Everybody, by how they stand; read once, however many pages of members are asked for."""
        if self._everybody is None:
            self._everybody = await self._read()
        if such == EVERYBODY:
            return self._everybody
        found = [heap for heap in self._everybody if such.fits(heap.standing)]
        if not found:
            raise invalid("No customer fits this filter: name other jurisdictions or relationships.", "such")
        return found

    async def _read(self) -> list[Heap]:
        parameters = self._parameters()
        (alike,) = await self.ask.rows(self._statement("crowd"), *parameters)
        rows = await self.ask.rows(self._statement("families"), *parameters)
        with _unswept():
            counted, families = _counted(alike), [(_state(row), row["families"]) for row in rows]
            news = self.reader.unread([state for state, _ in (*counted, *families)])
        records = [each for state in news for each in state]
        await self._shapes.require(
            self.ask, {part for part, _ in records}, {key & SAID for _, key in records}
        )
        with _unswept():
            stands = self.reader.stands(self._shapes, news)
            found, mixed = _heaped(counted, stands, is_kin=False)
            kin, mixed_kin = _heaped(families, stands, is_kin=True)
        lone = [*await self._kin(mixed_kin), *await self._ids(mixed)]
        found += [*kin, *[heap async for heap in self._alone(lone)]]
        if not found and self.ask.is_past:
            raise invalid("No customer was on record then. Ask about a later day.", "asOf")
        return found

    async def members(
        self, wanted: Callable[[Heap], bool], after: UUID | None = None, size: int = 100
    ) -> list[UUID]:
        """A keyset page of those whose answer is wanted: up to size + 1 ids after the one named, ascending."""
        heaps = [heap for heap in await self.heaps() if wanted(heap)]
        lone = [each for heap in heaps for each in heap.ids]
        kin = await self._kin([heap.stand.state for heap in heaps if heap.is_kin])
        named = [each for each in (*lone, *kin) if after is None or each > after]
        states = [heap.stand.state for heap in heaps if not (heap.ids or heap.is_kin)]
        return sorted([*await self._ids(states, after, size + 1), *named])[: size + 1]

    async def _kin(self, states: Sequence[State]) -> list[UUID]:
        """The families that stand so; looked for once, however many pages are asked for."""
        if not states:
            return []
        if self._families is None:
            rows = await self.ask.rows(self._statement("kin"), *self._parameters())
            self._families = {_state(row): row["ids"] for row in rows}
        return [each for state in states for each in self._families[state]]

    async def _ids(
        self, states: Sequence[State], after: UUID | None = None, most: int | None = None
    ) -> list[UUID]:
        """Those of one record who stand so, ascending."""
        if not states:
            return []
        parts, keys = [state[0][0] for state in states], [state[0][1] for state in states]
        sql = self._statement("members")
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
            return Heap(1, Stand(NOBODY, 0, (), None), ids)
        verdict = self.reader.verdict(gathered.readings)
        part = gathered.rows[verdict.place]["part"]
        standing = self._shapes.standings[part >> 32]
        return Heap(1, Stand(standing, part, gathered.readings, verdict), ids)
