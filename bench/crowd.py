"""Questions put to a whole crowd at once: now, as of a past instant, and beside what else one could do.

The baselines run in turn with what is measured: a raw COPY of eight plain columns of all customers to a client that
drops them, and a call of a general policy engine for each customer (on a sample, extrapolated).
"""

import asyncio
import random
import time
import timeit
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Self
from uuid import UUID

import asyncpg

from bench import cedar
from bench.stage import Stage, stage
from hub import crowds
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.crowds import Audience, Heap
from hub.policy.decision import decide_packed, evaluate
from hub.policy.rule import ALLOW
from hub.policy.values import Act, Channel, Footer, Offer
from hub.questioned import Question

ROUNDS = 5
AGO = timedelta(days=243)
CEDAR_SAMPLE = 5_000
REPEATS = 3
COPIED = "SELECT id, kind, locale, survivor_id, import_id, created_at, erased_at, created_at FROM customer"
NOBODY = UUID(int=0)
QUESTIONS = {
    "disclose": Question(NOBODY, Act.DISCLOSE, "referral-mortgage", "bluegum-mortgages", department="conveyancing"),
    "message": Question(
        NOBODY, Act.MESSAGE, "newsletter", channel=Channel.EMAIL, offer=Offer.OWN_SIMILAR, footer=Footer.COMPLETE,
        department="marketing",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question was answered over a crowd, and the heaps that were added up."""

    audience: Audience
    heaps: Sequence[Heap]


@dataclass(slots=True)
class Crowd:
    """One of the databases, and a process that asks about it."""

    made: Stage
    url: str
    hub: Hub

    @classmethod
    async def of(cls, made: Stage, url: str) -> Self:
        """A process that has never asked."""
        return cls(made, url, await Hub.open(made.settings, url))

    async def forget(self) -> None:
        """Be a process that has never asked."""
        await self.hub.close()
        self.hub = await Hub.open(self.made.settings, self.url)

    async def audience(self, name: str, at: datetime | None = None) -> Asked:
        """Ask a question of everybody, as GraphQL and the command do."""
        actor = replace(OPERATOR, organisation_id=self.made.firm.organisation_id)
        async with self.hub.ask(actor, Operation.CUSTOMER_READ, at=at) as ask:
            crowd = await crowds.Crowd.of(ask, QUESTIONS[name])
            heaps = await crowd.heaps()
            return Asked(crowds.summed(crowd, heaps), heaps)


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


ASKED = (
    ("cold", True, False), ("", True, False), ("small cold", False, False), ("small", False, False),
    ("past cold", True, True), ("past", True, True), ("small past cold", False, True), ("small past", False, True),
)  # fmt: skip
"""Who is asked: the name of the timing, whether the large crowd, whether as of then. Cold: for the first time."""


async def _round(
    timing: Timing, connection: asyncpg.Connection, large: Crowd, small: Crowd
) -> dict[str, Asked]:
    began = time.perf_counter()
    await connection.copy_from_query(COPIED, output=_sink, format="csv")
    timing.note("copy", began)
    began = time.perf_counter()
    await connection.execute(f"COPY ({COPIED}) TO PROGRAM 'cat > /dev/null' (FORMAT csv)")
    timing.note("copy beside", began)
    past = (await connection.fetchval("SELECT now()")) - AGO
    found: dict[str, Asked] = {}
    for name in QUESTIONS:
        await large.forget()
        await small.forget()
        for label, is_large, is_past in ASKED:
            crowd = large if is_large else small
            began = time.perf_counter()
            asked = await crowd.audience(name, past if is_past else None)
            timing.note(f"{name} {label}", began)
            if is_large:
                found[f"{name} {'past' if is_past else ''}"] = asked
    return found


async def _measure(made: Stage) -> None:
    large, small = [await Crowd.of(made, url) for url in (made.large, made.small)]
    connection = await asyncpg.connect(made.large)
    timing, found = Timing(), dict[str, Asked]()
    for _ in range(ROUNDS):
        found = await _round(timing, connection, large, small)
    for crowd in (large, small):
        await crowd.hub.close()
    await connection.close()
    print(f"raw COPY of eight columns of all customers  {timing.median('copy'):.2f} s, "
          f"to a program beside the server {timing.median('copy beside'):.2f} s")  # fmt: skip
    for name in QUESTIONS:
        _report(name, timing, found)
        _beside_cedar(found[f"{name} "], timing.median(f"{name} "))


def _report(name: str, timing: Timing, found: dict[str, Asked]) -> None:
    for label, what in (("", "now"), ("past", f"as of {AGO.days} days ago")):
        mark, cold = f"{name} {label}", f"{name} {label} cold" if label else f"{name} cold"
        asked = found[mark]
        print(f"{name} of all, {what}  {timing.median(mark):.2f} s: {timing.ratio(mark, 'copy'):.2f}x COPY, "
              f"{timing.ratio(cold, 'copy'):.2f}x by a process that asks for the first time")  # fmt: skip
        print(
            f"    {len(asked.heaps):,} states, {asked.audience.distinct_facts:,} distinct Facts, "
            f"{len(asked.audience.groups)} rules answer"
        )
        few = f"{name} small {label}".strip()
        print(f"    {timing.ratio(mark, few):.1f}x the time for a tenth of the customers")
    print(f"    as of then {timing.ratio(f'{name} past', f'{name} '):.2f}x now")


def _beside_cedar(asked: Asked, seconds: float) -> None:
    """A call for each customer of a sample with the crowd's mix of facts; customers elsewhere count as no dearer."""
    read = [(heap.reading.facts, heap.customers) for heap in asked.heaps if heap.reading is not None]
    among = [(facts, size) for facts, size in read if facts.jurisdiction in cedar.MODELLED]
    dice = random.Random(5)  # noqa: S311 - a measurement
    mix = dice.choices([facts for facts, _ in among], [size for _, size in among], k=CEDAR_SAMPLE)
    requests = [cedar.request(facts, number) for number, facts in enumerate(mix)]
    engine, customers = cedar.Engine(), asked.audience.customers
    called = _seconds(lambda: [engine.allows(each) for each in requests]) / len(mix)
    evaluated = _seconds(lambda: [evaluate(each) for each in mix]) / len(mix)
    memoised = _seconds(lambda: [decide_packed(each.signature) for each in mix]) / len(mix)
    alike = sum(
        engine.allows(each) == (decide_packed(facts.signature).outcome is ALLOW)
        for each, facts in zip(requests, mix, strict=True)
    )
    print(f"    cedarpy, customer by customer  {called * 1e6:.0f} us each, {called * customers:.0f} s for all: "
          f"{called * customers / seconds:.0f}x the audience; it allows the same {alike / len(mix):.1%}")  # fmt: skip
    print(f"    in process: evaluated {called / evaluated:.1f}x, memoised {called / memoised:.0f}x as fast")


def _seconds(work: Callable[[], object]) -> float:
    """The best of several."""
    return min(timeit.repeat(work, number=1, repeat=REPEATS))


def main() -> None:
    """Print seconds and ratios, medians of several rounds, all in turn."""
    asyncio.run(_measure(stage()))
