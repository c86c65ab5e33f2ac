"""Random histories, asked in every way there is: one by one, in a batch, as a crowd, now and as of any instant."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub import decisions
from hub.act import Ask, Hub
from hub.actors import Operation
from hub.answers import Answer
from hub.crowds import Crowd, Heap
from hub.errors import Refusal
from hub.policy.facts import Facts
from tests.resolver.land import Land, build
from tests.resolver.life import instant
from tests.resolver.questions import letter, profile, refer, trade, use
from tests.resolver.random_lives import DAYS, Past, pasts, write

QUESTIONS = (
    refer("near"), refer("guild"), letter("EMAIL"), letter("PHONE"), use("care"), profile("AUTOMATED_DECISION"),
    trade("SELL"), use("letters"),
)  # fmt: skip
INSTANTS = (
    *DAYS,
    *map(instant, ("2024-03-15T00:00", "2024-07-05", "2025-07-01", "2026-07-17T23:59", "2026-11-20")),
)
PLAYS_A_LAND = 6
REFERRED = 1  # of the questions
Mark = tuple[Any, ...]
Marks = dict[tuple[UUID, int], Mark]


@dataclass
class Stage:
    """A land in which histories are played, a new one before it grows slow, and every answer seen so far."""

    hub: Hub
    land: Land
    rules: set[str] = field(default_factory=set[str])
    histories: int = 0
    plays: int = 0

    async def settle(self) -> None:
        """Move on to a new land now and then."""
        self.plays += 1
        if self.plays % PLAYS_A_LAND == 0:
            self.land = await build(self.hub)

    def ask(self, at: datetime | None = None) -> Any:
        return self.land.hub.ask(self.land.app(), Operation.DECISION_PREVIEW, at=at)


@pytest_asyncio.fixture(scope="module")
async def stage(hub: Hub) -> AsyncIterator[Stage]:
    """Histories that never differ in their answers would prove nothing."""
    made = Stage(hub, await build(hub))
    yield made
    assert made.histories < 200 or len(made.rules) > 40, sorted(made.rules)


def mark(outcome: Answer | Refusal) -> Mark:
    """What an answer comes to, whoever it is about."""
    if isinstance(outcome, Refusal):
        return (outcome.code, outcome.path)
    shown = outcome.shown
    cited = (shown.version_id, shown.clause_key, shown.shown_at) if shown else None
    signatures = sorted(facts.signature for facts in outcome.all_facts)
    return (outcome.decision.outcome, outcome.decision.rule, *signatures, cited, outcome.collected_at)


def differing(one: Mark, other: Mark) -> list[Any]:
    """The facts in which two answers differ, for a person to read."""
    pairs = [
        (Facts.unpack(left).to_dict(), Facts.unpack(right).to_dict())
        for left, right in zip(one, other, strict=False)
        if isinstance(left, int) and isinstance(right, int)
    ]
    return [{name: (was[name], is_[name]) for name in was if was[name] != is_[name]} for was, is_ in pairs]


async def batch(ask: Ask, ids: Sequence[UUID]) -> Marks:
    asked = [
        (each, number, replace(question, customer_id=each))
        for each in ids
        for number, question in enumerate(QUESTIONS)
    ]
    answers = await decisions.preview(ask, [question for _, _, question in asked])
    return {(each, number): mark(found) for (each, number, _), found in zip(asked, answers, strict=True)}


async def one_by_one(ask: Ask, ids: Sequence[UUID]) -> Marks:
    found: Marks = {}
    for each in ids:
        for number, question in enumerate(QUESTIONS):
            (outcome,) = await decisions.preview(ask, [replace(question, customer_id=each)])
            found[each, number] = mark(outcome)
    return found


def heaped(heap: Heap) -> Mark:
    if heap.decision is None:
        return ("undecided",)
    signatures = sorted(each.facts.signature for each in heap.readings)
    return (heap.decision.outcome, heap.decision.rule, *signatures)


async def crowds(ask: Ask) -> list[Counter[Mark]]:
    """How everybody of the land is answered, by question."""
    found: list[Counter[Mark]] = []
    for question in QUESTIONS:
        try:
            heaps = await (await Crowd.of(ask, question)).heaps()
        except Refusal:  # nobody yet
            heaps = []
        counted: Counter[Mark] = Counter()
        for heap in heaps:
            counted[heaped(heap)] += heap.customers
        found.append(counted)
    return found


def heads(marks: Marks, number: int, families: list[list[UUID]]) -> dict[UUID, Mark]:
    """The answers about those who count: of merged records the first one there is."""
    there = {
        each: said for (each, asked), said in marks.items() if asked == number and said[0] != "NOT_FOUND"
    }
    for family in families:
        for each in [one for one in family if one in there][1:]:
            del there[each]
    return there


def counted(marks: Marks, number: int, families: list[list[UUID]]) -> Counter[Mark]:
    """What a crowd of these customers would be."""
    said = heads(marks, number, families).values()
    return Counter(("undecided",) if each[0] == "INVALID" else each[:-2] for each in said)


async def members(ask: Ask, ids: Sequence[UUID], number: int, rule: str) -> set[UUID]:
    crowd = await Crowd.of(ask, QUESTIONS[number])
    found: set[UUID] = set()
    after: UUID | None = UUID(int=min(ids).int - 1)
    while after is not None:
        page = await crowd.members(
            lambda heap: heap.decision is not None and heap.decision.rule == rule, after, 3
        )
        found |= set(page[:3])
        after = page[2] if len(page) > 3 else None
    return found


async def play(stage: Stage, lives: list[Past], at: datetime, kin: list[list[int]]) -> None:
    """Write histories, and the same again cut off at an instant, and ask in every way."""
    await stage.settle()
    async with stage.ask() as ask:
        before_now = await crowds(ask)
    async with stage.ask(at) as ask:
        before_then = await crowds(ask)
    async with stage.land.acting() as act:
        ids = await write(stage.land, act, lives, kin)
        cut_off = [past.until(at) for past in lives]
        shadows = await write(stage.land, act, cut_off, kin)
    everybody = ids + shadows
    families = [[whose[each] for each in family] for whose in (ids, shadows) for family in kin]
    async with stage.ask() as ask:
        now, today = await batch(ask, everybody), ask.at
        assert now == await one_by_one(ask, everybody), "a batch, and one by one"
        for number, (was, found) in enumerate(zip(before_now, await crowds(ask), strict=True)):
            assert found - was == counted(now, number, families), f"a crowd asked {QUESTIONS[number]}"
        await check_members(ask, everybody, now, families)
    async with stage.ask(today) as ask:
        assert await batch(ask, everybody) == now, "as of now"
    async with stage.ask(at) as ask:
        then = await batch(ask, everybody)
        for number, (was, found) in enumerate(zip(before_then, await crowds(ask), strict=True)):
            assert found - was == counted(then, number, families), (
                f"a crowd as of {at} asked {QUESTIONS[number]}"
            )
    for whose, shadow in zip(ids, shadows, strict=True):
        for number, question in enumerate(QUESTIONS):
            assert then[whose, number] == then[shadow, number], (
                f"what happened after {at} changed {question}: {differing(then[whose, number], then[shadow, number])}"
            )
    stage.histories += len(everybody)
    stage.rules |= {said[1] for said in [*now.values(), *then.values()] if isinstance(said[1], str)}


async def check_members(ask: Ask, ids: Sequence[UUID], marks: Marks, families: list[list[UUID]]) -> None:
    """Whom a crowd hands over for a rule are those whose answer it is."""
    found = heads(marks, REFERRED, families)
    for rule in sorted({str(said[1]) for said in found.values() if said[0] != "INVALID"})[:1]:
        expected = {each for each, said in found.items() if said[1] == rule}
        assert await members(ask, ids, REFERRED, rule) == expected, f"the members of {rule}"


# Without shrinking: each try is a second, and what failed is printed as it is.
HARD = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
LIVES = st.lists(pasts(), min_size=4, max_size=4)
KIN = st.sampled_from([[], [], [[0, 1]], [[0, 1], [2, 3]], [[0, 1, 2]]])


@HARD
@given(lives=LIVES, at=st.sampled_from(INSTANTS), kin=KIN)
async def test_every_way_of_asking_gives_the_same_answer(
    stage: Stage, lives: list[Past], at: datetime, kin: list[list[int]]
) -> None:
    await play(stage, lives, at, kin)


@pytest.mark.chaos
@settings(parent=HARD, max_examples=500)
@given(lives=LIVES, at=st.sampled_from(INSTANTS), kin=KIN)
async def test_every_way_of_asking_gives_the_same_answer_thousands_of_times(
    stage: Stage, lives: list[Past], at: datetime, kin: list[list[int]]
) -> None:
    await play(stage, lives, at, kin)
