"""Questions put to a whole crowd at once: now, as of a past instant, and beside what else one could do.

The baselines run in turn with what is measured: a raw COPY of eight plain columns of all customers to a client that drops
them, and a call of a general policy engine for each customer (on a sample, extrapolated).
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

import asyncpg

from bench import cedar
from bench.stage import Stage, stage
from hub import gather, known
from hub.act import Ask, Hub
from hub.actors import OPERATOR, Operation
from hub.db import Record
from hub.policy.decision import decide_packed, evaluate, strictest
from hub.policy.facts import Facts
from hub.policy.values import Act, Channel, Footer, Offer
from hub.questioned import Question
from hub.reading import Reader
from hub.shapes import MIXED, SILENT, Shapes

ROUNDS = 5
AGO = timedelta(days=243)
CEDAR_SAMPLE = 5_000
COPIED = "SELECT id, kind, locale, survivor_id, import_id, created_at, erased_at, created_at FROM customer"
# A million customers fall into some ten thousand groups, which the planner cannot know: it expects half a million, and would
# rather not share the work between processes.
TOGETHER = "SELECT set_config('parallel_tuple_cost', '0', true), set_config('parallel_setup_cost', '0', true)"
NOBODY = UUID(int=0)
QUESTIONS = {
    "disclose": Question(NOBODY, Act.DISCLOSE, "referral-mortgage", "bluegum-mortgages", department="conveyancing"),
    "message": Question(
        NOBODY, Act.MESSAGE, "newsletter", channel=Channel.EMAIL, offer=Offer.OWN_SIMILAR, footer=Footer.COMPLETE,
        department="marketing",
    ),
}  # fmt: skip


@dataclass(slots=True)
class Audience:
    """How many customers got which answer; what it took to know."""

    rows: list[Record]
    facts: dict[int, Facts] = field(default_factory=dict[int, Facts])
    outcomes: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    sample: list[tuple[Facts, int]] = field(default_factory=list[tuple[Facts, int]])


@dataclass(slots=True)
class Crowd:
    """One of the databases, and what a process that has asked before remembers of it."""

    hub: Hub
    organisation_id: UUID
    shapes: Shapes = field(default_factory=Shapes)
    readers: dict[tuple[str, bool], Reader] = field(default_factory=dict[tuple[str, bool], Reader])

    async def audience(self, name: str, at: datetime | None = None) -> Audience:
        """Ask a question of everybody."""
        async with self.hub.ask(OPERATOR, Operation.CUSTOMER_READ, at=at) as ask:
            await ask.value(TOGETHER)
            reader = await self._reader(ask, name, is_past=at is not None)
            sql = gather.statement("crowd", is_past=at is not None)
            rows = await ask.rows(sql, self.organisation_id, ask.at, *gather.parameters(reader.terms))
            await self.shapes.require(ask, {row["part"] for row in rows}, {row["key"] >> 24 for row in rows})
        return _decide(self.shapes, reader, rows)

    async def _reader(self, ask: Ask, name: str, *, is_past: bool) -> Reader:
        mark = (name, is_past)
        if mark not in self.readers:
            found = await known.load(ask, self.organisation_id, ask.at if is_past else None)
            made = gather.reader(found, QUESTIONS[name], ask.at.date())
            if not isinstance(made, Reader):
                raise made
            self.readers[mark] = made
        return self.readers[mark]

    def forget(self) -> None:
        """As a process that has never asked."""
        self.shapes, self.readers = Shapes(), {}


def _decide(shapes: Shapes, reader: Reader, rows: list[Record]) -> Audience:
    found = Audience(rows)
    for row in rows:
        if reader.is_mixed(row["key"]):  # read by their own words; here only counted with what bears on all
            shapes.sayings.setdefault(row["key"] >> 24, shapes.sayings.get(row["key"] >> 24 & ~MIXED, SILENT))
        readings = reader.read(shapes, row["part"], row["key"])
        if readings:
            found.facts.update((each.facts.signature, each.facts) for each in readings)
            answer = strictest(decide_packed(each.facts.signature) for each in readings)
            mark = (str(answer.outcome), answer.rule)
            found.outcomes[mark] = found.outcomes.get(mark, 0) + row["customers"]
            found.sample.append((readings[0].facts, row["customers"]))
    return found


# --- measuring --------------------------------------------------------------------------------------------------------


async def _sink(_: bytes) -> None:
    """Drop it."""


@dataclass(slots=True)
class Timing:
    """Seconds of every round, by name."""

    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def note(self, name: str, began: float) -> None:
        """Add what passed since."""
        self.seconds.setdefault(name, []).append(time.perf_counter() - began)

    def median(self, name: str) -> float:
        """The middle one."""
        return median(self.seconds[name])

    def ratio(self, name: str, to: str) -> float:
        """The middle one of the rounds' ratios."""
        return median(one / other for one, other in zip(self.seconds[name], self.seconds[to], strict=True))


async def _round(timing: Timing, connection: asyncpg.Connection, large: Crowd, small: Crowd) -> dict[str, Audience]:
    began = time.perf_counter()
    await connection.copy_from_query(COPIED, output=_sink, format="csv")
    timing.note("copy", began)
    found: dict[str, Audience] = {}
    past = (await connection.fetchval("SELECT now()")) - AGO
    for name in QUESTIONS:
        large.forget()
        for label, crowd, at in (
            ("cold", large, None), ("", large, None), ("small cold", small, None), ("small", small, None),
            ("past cold", large, past), ("past", large, past), ("small past cold", small, past), ("small past", small, past),
        ):  # fmt: skip
            began = time.perf_counter()
            asked = await crowd.audience(name, at)
            timing.note(f"{name} {label}".strip(), began)
            found.setdefault(f"{name}{' past' if at else ''}", asked) if crowd is large else None
    return found


async def _measure(made: Stage) -> None:
    large = Crowd(await Hub.open(made.settings, made.large), made.firm.organisation_id)
    small = Crowd(await Hub.open(made.settings, made.small), made.firm.organisation_id)
    connection = await asyncpg.connect(made.large)
    timing, found = Timing(), dict[str, Audience]()
    for _ in range(ROUNDS):
        found = await _round(timing, connection, large, small)
    for crowd in (large, small):
        await crowd.hub.close()
    await connection.close()
    _report(timing, found)
    for name in QUESTIONS:
        _beside_cedar(name, found[name], timing.median(name))


def _report(timing: Timing, found: dict[str, Audience]) -> None:
    print(f"raw COPY of eight columns of all customers  {timing.median('copy'):.2f} s")
    for name in QUESTIONS:
        now, past = found[name], found[f"{name} past"]
        print(
            f"{name:8} of all, now        {timing.median(name):.2f} s  {timing.ratio(name, 'copy'):.2f}x COPY"
            f"  (by a process that never asked before {timing.ratio(f'{name} cold', 'copy'):.2f}x)"
            f"  {len(now.rows):,} groups, {len(now.facts):,} distinct Facts, {len(now.outcomes)} answers"
        )
        print(f"{name:8} as of {AGO.days} days ago  {timing.median(f'{name} past'):.2f} s  {timing.ratio(f'{name} past', name):.2f}x now  {len(past.rows):,} groups")
        print(f"{name:8} for ten times as many  {timing.ratio(name, f'{name} small'):.1f}x now, {timing.ratio(f'{name} past', f'{name} small past'):.1f}x as of then")


def _beside_cedar(name: str, asked: Audience, seconds: float) -> None:
    """A call for each customer of a sample that has the crowd's mix of facts; customers elsewhere count as no dearer."""
    mix = [facts for facts, size in asked.sample if facts.jurisdiction in cedar.MODELLED for _ in range(max(size // 200, 1))]
    mix = mix[:: max(len(mix) // CEDAR_SAMPLE, 1)]
    engine, customers = cedar.Engine(), sum(row["customers"] for row in asked.rows)
    requests = [cedar.request(facts, number) for number, facts in enumerate(mix)]
    called = min(_seconds(lambda: [engine.allows(each) for each in requests]) for _ in range(3)) / len(mix)
    evaluated = min(_seconds(lambda: [evaluate(each) for each in mix]) for _ in range(3)) / len(mix)
    memoised = min(_seconds(lambda: [decide_packed(each.signature) for each in mix]) for _ in range(3)) / len(mix)
    agreed = sum(engine.allows(each) == (decide_packed(facts.signature).outcome == "ALLOW") for each, facts in zip(requests, mix, strict=True))
    print(f"{name:8} by cedarpy, customer by customer  {called * 1e6:.0f} us each, {called * customers:.0f} s for all: {called * customers / seconds:.0f}x the audience")
    print(f"{name:8} in process  evaluated {called / evaluated:.1f}x, memoised {called / memoised:.0f}x as fast as cedarpy, which allows the same in {agreed / len(mix):.0%}")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Print seconds and ratios, medians of several rounds, all in turn."""
    asyncio.run(_measure(stage()))
