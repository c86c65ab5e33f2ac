"""Asks all systems what they hold about a customer, and keeps the beginning of what each says."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

import msgspec

from hub import holdings
from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.errors import Code, Refusal
from hub.holdings import Found, Line, PartState
from hub.rights.systems import Work
from workers import opening
from workers.connectors.connector import Call, Done, Nothing, Row, Stopped, Subject
from workers.connectors.datasets import Unusable
from workers.connectors.following import follow
from workers.connectors.planning import plan
from workers.door import task
from workers.opening import Opened

ANSWER_SECONDS: Final = 15.0
ROWS_MOST: Final = 200
BYTES_MOST: Final = 100_000
VALUE_CHARACTERS: Final = 500
NEVER_SHOWN: Final = (
    "user.government_id", "user.financial.bank_account", "user.financial.credit_card", "user.authorization",
    "user.biometric", "user.health_and_medical.genetic",
)  # fmt: skip
"""What a page never shows, by fideslang's categories (Cal. Code Regs. tit. 11 § 7024(d))."""


@task("holdings.gather")
async def gather(hub: Hub, holding_id: UUID) -> None:
    """Ask every system that has not answered yet; each answer is kept as it comes."""
    async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        works = await holdings.works(ask, holding_id)
    async with AsyncExitStack() as keep:
        open_ones = {work.step.id: await open_or_say(keep, hub, work) for work in works}
        subject = await subject_of(works, open_ones)
        await asyncio.gather(
            *(_settle(hub, holding_id, work, open_ones[work.step.id], subject) for work in works)
        )


@task("holdings.forget", cron="9 * * * *")
async def forget(hub: Hub) -> None:
    """Forget what was kept for a day."""
    while (
        await hub.perform(WORKER, Operation.REQUEST_FULFIL, holdings.forget) == holdings.FORGOTTEN_AT_A_TIME
    ):
        pass


async def open_or_say(keep: AsyncExitStack, hub: Hub, work: Work) -> Opened | str:
    """The system, or what is wrong with it."""
    try:
        return await keep.enter_async_context(opening.opened(hub, work))
    except Unusable as error:
        return " ".join(error.problems)


async def subject_of(works: Sequence[Work], open_ones: Mapping[UUID, Opened | str]) -> Subject:
    """Whom to ask about, with the keys by which systems know them that refer to others, as far as these answer."""
    if not works:
        return Subject({})
    subject = Subject(works[0].identities)
    connectors: dict[str, Any] = {}
    for each in open_ones.values():
        if isinstance(each, Opened):
            connectors |= dict.fromkeys((dataset.key for dataset in each.own), each.connector)
    try:
        way = plan(opening.all_datasets(works[0]), frozenset(subject.identities))
        if way.find_rounds and all(key in connectors for stage in way.find_rounds for key in stage):
            return await follow(way, connectors, Call(works[0].step.id, subject, seconds=ANSWER_SECONDS))
    except (Stopped, Unusable):
        pass  # each system says for itself what is wrong
    return subject


async def _settle(hub: Hub, holding_id: UUID, work: Work, system: Opened | str, subject: Subject) -> None:
    found = Found(work.step.id, PartState.FAILED, why=system) if isinstance(system, str) else None
    found = found or await _look(cast("Opened", system), Call(work.step.id, subject, seconds=ANSWER_SECONDS))
    try:
        settle = partial(holdings.settle, holding_id=holding_id, found=found)
        await hub.perform(WORKER, Operation.REQUEST_FULFIL, settle)
    except Refusal as refusal:
        if refusal.code is not Code.CONFLICT:  # they were erased meanwhile: nothing is to be kept
            raise


async def _look(system: Opened, call: Call) -> Found:
    """Read the beginning of what a system exports, within the time there is."""
    lines, size = list[Line](), 0
    try:
        async with (
            asyncio.timeout(call.seconds),
            aclosing(cast("Any", system.connector.export(call))) as items,
        ):
            async for item in items:
                if not isinstance(item, Row):
                    return _ended(call, lines, item)
                lines.append(_line(item))
                size += len(msgspec.json.encode(lines[-1].values))
                if len(lines) >= ROWS_MOST or size > BYTES_MOST:
                    return Found(call.step_id, PartState.DONE, lines=lines, is_capped=True)
    except TimeoutError:
        return Found(
            call.step_id, PartState.FAILED, why=f"The system did not answer within {call.seconds:g} seconds."
        )
    raise AssertionError("unreachable")


def _ended(call: Call, lines: Sequence[Line], outcome: Any) -> Found:
    if isinstance(outcome, Done):
        return Found(call.step_id, PartState.DONE if lines else PartState.NOTHING, lines=lines)
    if isinstance(outcome, Nothing):
        return Found(call.step_id, PartState.NOTHING)
    return Found(
        call.step_id, PartState.FAILED, why=getattr(outcome, "why", "The system asks to come back later.")
    )


def _line(row: Row) -> Line:
    hidden = [
        name for name in row.values if any(_is_never_shown(each) for each in row.categories.get(name, ()))
    ]
    shown = {name: _short(value) for name, value in row.values.items() if name not in hidden}
    categories = {name: list(row.categories.get(name, ())) for name in shown}
    return Line(f"{row.dataset}.{row.collection}", shown, categories, hidden)


def _is_never_shown(category: str) -> bool:
    return any(category == each or category.startswith(f"{each}.") for each in NEVER_SHOWN)


def _short(value: Any) -> Any:
    plain = value if isinstance(value, str) else None
    return f"{plain[:VALUE_CHARACTERS]}…" if plain is not None and len(plain) > VALUE_CHARACTERS else value
