"""Steps by real worker processes, killed where it hurts: every effect once, every request ended."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.rights import systems
from hub.rights.outcomes import StepState
from hub.rights.requests import Request
from hub.rights.states import State
from hub.settings import Settings
from tests.domain.firm import email, found
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import planned
from tests.run.conftest import PATIENCE_SECONDS, Place, Process, Start
from tests.run.counting import Counting, counting

DEATHS = 100
WORKER = str(Path(__file__).with_name("step_worker.py"))


@pytest_asyncio.fixture
async def desk(place: Place, settings: Settings) -> AsyncIterator[Desk]:
    """The desk of the one firm in the database."""
    hub = await Hub.open(settings, place.url)
    yield Desk(await found(hub))
    await hub.close()


@pytest.fixture
def system() -> Iterator[Counting]:
    """A system that counts."""
    with counting() as made:
        yield made


def work(start: Start, place: Place, lease: float = 2.0) -> Process:
    """Start a worker."""
    return start(place, WORKER, str(lease))


async def connect(desk: Desk, *made: Counting) -> None:
    """Connect systems."""
    for number, each in enumerate(made):
        async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
            await systems.connect(act, each.connected(f"newsletter-{number}"), desk.firm.id)


async def restriction(desk: Desk, number: int = 0) -> Request:
    """A request that workers do to its end by themselves."""
    customer_id = await desk.firm.customer(
        jurisdictions=["UK"], identifiers=[email(f"reader{number}@example.org")]
    )
    return await desk.receive(customer_id, "RESTRICTION")


async def until(done: Callable[[], bool]) -> None:
    """Wait for something, and not for ever."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


async def answered(desk: Desk, *requests: Request) -> None:
    """Wait until all have been answered."""
    end = time.monotonic() + PATIENCE_SECONDS + 3 * len(requests)
    for each in requests:
        while (await desk.read(each)).state is not State.ANSWERED:
            assert time.monotonic() < end, [(s.name, s.state, s.why) for s in await planned(desk, each)]
            await asyncio.sleep(0.05)


def killing(process: list[Process], times: list[str]) -> Callable[[str], None]:
    """Kill the worker in the middle of its first call."""

    def kill(name: str) -> None:
        if not times:
            times.append(name)
            process[0].popen.kill()
            process[0].popen.wait(PATIENCE_SECONDS)

    return kill


@pytest.mark.parametrize("point", ["before", "after"])
async def test_a_worker_killed_in_the_middle_of_a_call_leaves_one_effect(
    place: Place, start: Start, desk: Desk, system: Counting, point: str
) -> None:
    await connect(desk, system)
    first: list[Process] = []
    setattr(system, point, killing(first, times := []))
    request = await restriction(desk)
    first.append(work(start, place))
    await until(lambda: bool(times))
    work(start, place)
    await answered(desk, request)
    assert list(system.effects.values()) == [1]
    assert list(system.calls.values()) == [2]
    [step] = [each for each in await planned(desk, request) if each.kind == "HTTP"]
    assert (step.state, step.attempts) == (StepState.DONE, 2)
    assert step.evidence is not None


async def test_a_worker_killed_before_it_notes_what_was_done_leaves_one_effect(
    place: Place, start: Start, desk: Desk, system: Counting
) -> None:
    await connect(desk, system)
    request = await restriction(desk)
    with psycopg.connect(place.url) as holding:

        def hold(_: str) -> None:
            holding.execute("SELECT FROM rights_request WHERE id = %s FOR UPDATE", (request.id,))

        system.after = hold
        first = work(start, place)
        await until(lambda: bool(system.effects) and holding.info.transaction_status != 0)
        await asyncio.sleep(0.3)  # the answer is there, and its note waits for the request
        first.popen.kill()
        first.popen.wait(PATIENCE_SECONDS)
        system.after = lambda _: None
        holding.rollback()
    work(start, place)
    await answered(desk, request)
    assert (list(system.effects.values()), list(system.calls.values())) == ([1], [2])


async def test_two_workers_share_the_steps_of_many_requests_and_ask_once_for_each(
    place: Place, start: Start, desk: Desk, system: Counting
) -> None:
    with counting() as other:
        await connect(desk, system, other)
        requests = [await restriction(desk, number) for number in range(10)]
        for _ in range(2):
            work(start, place, lease=60)
        await answered(desk, *requests)
        for each in (system, other):
            assert (len(each.calls), set(each.calls.values())) == (10, {1})


async def test_a_step_that_takes_longer_than_its_claim_is_left_to_its_worker(
    place: Place, start: Start, desk: Desk, system: Counting
) -> None:
    await connect(desk, system)
    system.before = lambda _: time.sleep(6)
    request = await restriction(desk)
    for _ in range(2):
        work(start, place, lease=2.4)
    await answered(desk, request)
    assert list(system.calls.values()) == [1]


@pytest.mark.chaos
async def test_a_hundred_deaths_before_in_and_after_the_call_leave_one_effect_each(
    place: Place, start: Start, desk: Desk, system: Counting
) -> None:
    await connect(desk, system)
    at_work = [work(start, place)]
    for number in range(DEATHS):
        times: list[str] = []
        setattr(system, ("before", "after")[number % 2], killing(at_work, times))
        request = await restriction(desk, number)
        await until(lambda: bool(times))  # noqa: B023 - awaited here
        at_work[:] = [work(start, place)]  # who does it then is the next to die
        await answered(desk, request)
        [step] = [each for each in await planned(desk, request) if each.kind == "HTTP"]
        assert step.evidence is not None
        assert await leases(desk) == 0, "nobody holds what nobody works on"
    assert list(system.effects.values()) == [1] * DEATHS
    assert min(system.calls.values()) >= 2, "every death met somebody who asked"


async def leases(desk: Desk) -> int:
    """How many steps are held."""
    async with desk.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        return await ask.value("SELECT count(*) FROM rights_step WHERE lease_until IS NOT NULL")


@pytest.mark.parametrize("many", [5, pytest.param(100, marks=pytest.mark.chaos)])
async def test_a_system_that_misbehaves_is_done_once_and_never_without_proof(
    place: Place, start: Start, desk: Desk, system: Counting, many: int
) -> None:
    await connect(desk, system)
    odd = [(500, b""), (200, b"OK"), (200, b'{"outcome": "done"}'), (503, b"")]
    system.misbehave = lambda number: odd[number - 1] if number <= len(odd) else None
    requests = [await restriction(desk, number) for number in range(many)]
    work(start, place)
    await answered(desk, *requests)
    assert (len(system.effects), set(system.effects.values())) == (many, {1})
    for each in requests:
        steps = await planned(desk, each)
        assert all(step.evidence for step in steps)
    assert isinstance(requests[0].id, UUID)
