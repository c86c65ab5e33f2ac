"""What workers do for rights requests: steps, deletions that have cooled, what nobody proved in time, reminders."""

from functools import partial
from uuid import UUID

from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.errors import PASSING, Refusal
from hub.rights import (
    fulfilling,
    lifting,
    mailing,
    proving,
    reminding,
    representing,
    steps,
    stopping,
    tasks,
    timing,
    trying,
)
from hub.rights.outcomes import StepKind
from workers import asking, ordering, packages
from workers.door import task


@task("rights.stop")
async def stop(hub: Hub, request_id: UUID) -> None:
    """Stop what a guest opted out of, for all who have the address that they named."""
    await hub.perform(WORKER, Operation.REQUEST_FULFIL, partial(stopping.stop, request_id=request_id))


@task("rights.steps")
async def all_steps(hub: Hub, request_id: UUID) -> None:
    """Have systems asked for all steps of a request that can be done now, between short acts.

    Of a copy the package is built by the same job, once everything is gathered; also by one that comes again for a
    worker that was killed before it was.
    """
    claim = partial(trying.claim_all, request_id=request_id)
    claimed = await hub.perform(WORKER, Operation.REQUEST_FULFIL, claim)
    has_gathered = await asking.ask_all(hub, claimed, has_builder=True)
    if has_gathered or not claimed:
        await packages.build_begun(hub, request_id)


@task("rights.step")
async def step(hub: Hub, step_id: UUID) -> None:
    """Do one step: the hub's own by one act, others and what is exported between two, in which nothing is locked."""
    claim = partial(fulfilling.claim, step_id=step_id)
    claimed = await hub.perform(WORKER, Operation.REQUEST_FULFIL, claim)
    if claimed is not None and claimed.kind is StepKind.WAY:
        await ordering.find_order(hub, claimed)
    elif claimed is not None:
        await asking.ask_all(hub, [claimed])


@task("rights.told")
async def told(hub: Hub, step_id: UUID) -> None:
    """Settle the step of a past recipient by what it acknowledged in its feed."""
    await hub.perform(WORKER, Operation.REQUEST_FULFIL, partial(fulfilling.hear, step_id=step_id))


@task("rights.write_to")
async def write_to(hub: Hub, request_id: UUID) -> None:
    """Write to everybody who does a step of a request and has an address, each by an act of its own.

    What refuses one letter stops no other; the job then fails by what may pass, and is tried again.
    """
    refused: list[Refusal] = []
    async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        planned = await steps.of(ask, request_id)
    for each in planned:
        if steps.is_written_to(each):
            try:
                await hub.perform(WORKER, Operation.REQUEST_FULFIL, partial(tasks.write_to, step_id=each.id))
            except Refusal as refusal:
                refused.append(refusal)
    if refused:
        raise next((each for each in refused if each.code in PASSING), refused[0])


@task("rights.remind_helpers", cron="41 * * * *")
async def remind_helpers(hub: Hub) -> None:
    """Remind those who were written to and have not answered, each of them by one letter."""
    async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        several = await mailing.late(ask)
    for organisation_id in several:
        remind = partial(mailing.remind, organisation_id=organisation_id)
        await hub.perform(WORKER, Operation.REQUEST_FULFIL, remind)


@task("rights.resume", cron="* * * * *")
async def resume(hub: Hub) -> None:
    """Have the steps done whose time has come again, or whose worker was killed."""
    while await hub.perform(WORKER, Operation.REQUEST_FULFIL, steps.set_off_due) >= steps.DUE_AT_A_TIME:
        pass


@task("rights.cool", cron="*/10 * * * *")
async def cool(hub: Hub) -> None:
    """Set off the deletions whose days to think again are over."""
    while await hub.perform(WORKER, Operation.REQUEST_FULFIL, fulfilling.cool) == fulfilling.COOLED_AT_A_TIME:
        pass


@task("rights.lift", cron="*/10 * * * *")
async def lift(hub: Hub) -> None:
    """Have everybody told to lift the restrictions whose customers were told before."""
    while await hub.perform(WORKER, Operation.REQUEST_FULFIL, fulfilling.lift) == lifting.LIFTED_AT_A_TIME:
        pass


@task("rights.expire", cron="23 * * * *")
async def expire(hub: Hub) -> None:
    """Let end what nobody proved in thirty days."""
    while await hub.perform(WORKER, Operation.REQUEST_FULFIL, proving.expire) == proving.EXPIRED_AT_A_TIME:
        pass


@task("rights.lapse", cron="41 * * * *")
async def lapse(hub: Hub) -> None:
    """End what representatives may do whose time is over, and take up what waited for those whose time has come."""
    await hub.perform(WORKER, Operation.REQUEST_FULFIL, representing.take_up)
    while (
        await hub.perform(WORKER, Operation.REQUEST_FULFIL, representing.lapse)
        == representing.LAPSED_AT_A_TIME
    ):
        pass


@task("rights.reckon", cron="7 * * * *")
async def reckon(hub: Hub) -> None:
    """Move on the last day of what waits for the customer, where the law's time stands still meanwhile."""
    after: UUID | None = UUID(int=0)
    while after is not None:
        async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
            several, after = await timing.behind(ask, after)
        for request_id in several:
            await hub.perform(
                WORKER, Operation.REQUEST_FULFIL, partial(timing.catch_up, request_id=request_id)
            )


@task("rights.remind", cron="11 * * * *")
async def remind(hub: Hub) -> None:
    """Write to staff whose requests' time runs, at most once a day and organisation."""
    async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        several = await reminding.waiting(ask)
    for organisation_id in several:
        write = partial(reminding.remind, organisation_id=organisation_id)
        await hub.perform(WORKER, Operation.REQUEST_FULFIL, write)
