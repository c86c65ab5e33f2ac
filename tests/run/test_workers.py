"""Jobs: run if, and only if, their act commits; done once in effect, whatever happens to the worker."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from procrastinate.jobs import Job

from hub import jobs
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.settings import load
from tests.run.conftest import PATIENCE_SECONDS, Own, Place, Process, Start
from workers import door
from workers.door import TASKS, Backoff, pause_seconds
from workers.main import Pace, make_app, run_worker

FAST = Pace(
    at_once=2,
    poll_seconds=0.2,
    heartbeat_seconds=0.3,
    silent_seconds=4.0,
    rescue_seconds=0.3,
    pause_seconds=0.2,
)
SLOW_WORKER = str(Path(__file__).parent / "slow_worker.py")
STATUS = "SELECT status FROM procrastinate_jobs WHERE task_name = 'test.slow'"
EFFECTS = "CREATE TABLE test_effect (number integer, what text, pid integer)"


@dataclass
class Seen:
    """What the tasks of these tests were called with."""

    ids: list[UUID]
    tries: int = 0


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Declare tasks for one test."""
    noted = Seen([])

    async def note(_: Hub, customer: UUID) -> None:
        noted.ids.append(customer)

    async def stumble(_: Hub, customer: UUID) -> None:
        noted.tries += 1
        if noted.tries < 3:
            raise ConnectionError("Erika Mustermann is not reached")
        noted.ids.append(customer)

    async def refuse(_: Hub) -> None:
        noted.tries += 1
        raise Refusal(Code.NOT_FOUND, "gone")

    added = {"test.note": note, "test.stumble": stumble, "test.refuse": refuse}
    for name, run in added.items():
        door.task(name)(run)
    yield noted
    for name in added:
        del TASKS[name]


@asynccontextmanager
async def working(hub: Hub) -> AsyncGenerator[asyncio.Event]:
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(hub, stop, FAST))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(worker, PATIENCE_SECONDS)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not await condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)


async def defer(hub: Hub, task: str, then: Exception | None = None, **ids: UUID | int) -> None:
    async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
        await act.record("organisation.set_up")
        await act.defer(task, **ids)
        if then is not None:
            raise then


async def states(hub: Hub, task: str) -> list[tuple[str, int]]:
    sql = "SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = $1"
    return [(row["status"], row["attempts"]) for row in await hub.database.single().rows(sql, task)]


async def test_a_job_of_an_act_is_done_and_leaves_nothing(fresh_hub: Hub, seen: Seen) -> None:
    customer = new_id()
    async with working(fresh_hub):
        await defer(fresh_hub, "test.note", customer=customer)
        await until(lambda: _have(seen, 1))
        await until(lambda: _no_jobs(fresh_hub, "test.note"))
    assert seen.ids == [customer]


async def test_a_job_of_an_act_that_was_rolled_back_is_never_done(fresh_hub: Hub, seen: Seen) -> None:
    with pytest.raises(ValueError, match="halfway"):
        await defer(fresh_hub, "test.note", then=ValueError("halfway"), customer=new_id())
    wanted = new_id()
    async with working(fresh_hub):
        await defer(fresh_hub, "test.note", customer=wanted)
        await until(lambda: _have(seen, 1))
    assert seen.ids == [wanted]
    assert await states(fresh_hub, "test.note") == []


async def test_a_job_that_fails_is_tried_again_until_it_succeeds(
    fresh_hub: Hub, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "FIRST_PAUSE_SECONDS", 0.05)
    customer = new_id()
    async with working(fresh_hub):
        await defer(fresh_hub, "test.stumble", customer=customer)
        await until(lambda: _have(seen, 1))
        await until(lambda: _no_jobs(fresh_hub, "test.stumble"))
    assert seen.tries == 3


async def test_a_job_that_the_hub_refuses_for_good_is_not_tried_again(fresh_hub: Hub, seen: Seen) -> None:
    async def failed() -> bool:
        return await states(fresh_hub, "test.refuse") == [("failed", 1)]

    async with working(fresh_hub):
        await defer(fresh_hub, "test.refuse", customer=new_id())
        await until(failed)
    assert seen.tries == 1


def test_pauses_grow_differ_and_have_an_end() -> None:
    for attempts in range(20):
        longest = min(door.LONGEST_PAUSE_SECONDS, door.FIRST_PAUSE_SECONDS * 2**attempts)
        drawn = {pause_seconds(attempts) for _ in range(20)}
        assert len(drawn) > 1
        assert all(longest / 2 <= each <= longest for each in drawn)


def test_trying_again_ends() -> None:
    def job(attempts: int) -> Job:
        return Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="x", attempts=attempts)

    failure = ConnectionError()
    assert Backoff().get_retry_decision(exception=failure, job=job(0)) is not None
    assert Backoff().get_retry_decision(exception=failure, job=job(jobs.ATTEMPTS_AT_MOST)) is None
    assert Backoff().get_retry_decision(exception=Refusal(Code.INVALID, "no"), job=job(0)) is None
    assert Backoff().get_retry_decision(exception=Refusal(Code.UNAVAILABLE, "later"), job=job(0)) is not None
    assert Backoff().get_retry_decision(exception=asyncio.CancelledError(), job=job(99)) is not None


def start_slow(start: Start, place: Place, seconds: float) -> Process:
    return start(place, SLOW_WORKER, str(seconds))


def effects(place: Place) -> list[tuple[int, str, int]]:
    with psycopg.connect(place.url) as connection:
        return connection.execute("SELECT number, what, pid FROM test_effect").fetchall()


def prepare_effects(place: Place, number: int) -> None:
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute(EFFECTS)
        connection.execute("GRANT ALL ON test_effect TO hub_app")
        connection.execute(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'test.slow', 0, NULL, NULL, "
            "jsonb_build_object('number', %s::int), NULL)::procrastinate_job_to_defer_v1])",
            (number,),
        )


def wait_for_effect(place: Place, what: str, pid: int | None = None) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not any(said == what and pid in {None, by} for _, said, by in effects(place)):
        assert time.monotonic() < end, effects(place)
        time.sleep(0.05)


def test_the_job_of_a_killed_worker_is_rescued_and_done_once(place: Place, start: Start) -> None:
    prepare_effects(place, 7)
    killed = start_slow(start, place, 60)
    wait_for_effect(place, "begun")
    killed.popen.kill()
    other = start_slow(start, place, 0.2)
    wait_for_effect(place, "done")
    time.sleep(3)
    assert [(number, by) for number, what, by in effects(place) if what == "done"] == [(7, other.popen.pid)]
    assert len([what for _, what, _ in effects(place) if what == "begun"]) == 2
    assert other.end() == 0
    assert other.events("job.rescued")[0]["task"] == "test.slow"


def test_a_job_that_takes_longer_than_the_patience_of_others_is_left_alone(
    place: Place, start: Start
) -> None:
    prepare_effects(place, 8)
    slow = start_slow(start, place, 10)
    wait_for_effect(place, "begun")
    other = start_slow(start, place, 0.1)
    other.wait_for("test.listening")
    wait_for_effect(place, "done")
    assert effects(place) == [(8, "begun", slow.popen.pid), (8, "done", slow.popen.pid)]
    assert other.end() == 0
    assert other.events("job.rescued") == []


def test_a_worker_that_stops_hands_its_job_back(place: Place, start: Start) -> None:
    prepare_effects(place, 9)
    stopped = start(place, SLOW_WORKER, "60", HUB_SHUTDOWN_SECONDS="1")
    wait_for_effect(place, "begun")
    assert stopped.end() == 0
    with psycopg.connect(place.url) as connection:
        assert connection.execute(STATUS).fetchall() == [("todo",)]
        assert connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,)
    start_slow(start, place, 0.1)
    wait_for_effect(place, "done")


async def test_a_job_that_takes_its_worker_down_every_time_fails_in_the_end(fresh_hub: Hub) -> None:
    await defer(fresh_hub, "test.poison", number=1)
    for _ in range(jobs.ATTEMPTS_AT_MOST + 1):
        await _kill_its_worker(fresh_hub)
        async with fresh_hub.database.writing() as session:
            await jobs.rescue(session, 1.0)
    assert await states(fresh_hub, "test.poison") == [("failed", jobs.ATTEMPTS_AT_MOST + 1)]


async def _kill_its_worker(hub: Hub) -> None:
    """What a killed worker leaves behind, a minute later."""
    session = hub.database.single_write()
    await session.execute(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL WHERE status = 'todo'"
    )
    await session.execute("UPDATE procrastinate_events SET at = at - interval '1 minute'")


async def test_a_worker_survives_a_restart_of_postgresql(own: Own, seen: Seen) -> None:
    settings = load(mode="run", data_dir=own.place.folder, keyring=own.place.keyring)
    hub = await Hub.open(settings, own.place.url)
    first, second = new_id(), new_id()
    async with working(hub):
        await defer(hub, "test.note", customer=first)
        await until(lambda: _have(seen, 1))
        await asyncio.to_thread(own.server.stop)
        await asyncio.sleep(1)
        await asyncio.to_thread(own.start_again)
        await defer(hub, "test.note", customer=second)
        await until(lambda: _have(seen, 2))
    await hub.close()
    assert seen.ids == [first, second]


async def test_the_sweep_comes_up_by_itself_once_for_all_workers(fresh_hub: Hub) -> None:
    app = make_app(fresh_hub, FAST)
    registry: Any = app.periodic_registry
    assert {name for name, _ in registry.periodic_tasks} == {
        "customers.journal_all", "holdings.forget", "hub.sweep", "letters.resume", "packages.expire",
        "packages.resume", "partner_exports.expire", "partner_exports.resume", "partners.keys", "questions.lapse",
        "referrals.settle", "rights.cool", "rights.expire", "rights.lapse", "rights.lift", "rights.reckon",
        "rights.remind", "rights.remind_helpers", "rights.resume", "storage.sweep", "webhooks.forget",
        "withdrawals.remind", "withdrawals.sweep",
    }  # fmt: skip
    due = Job(
        id=None,
        queue="default",
        lock=None,
        queueing_lock=None,
        task_name="hub.sweep",
        task_kwargs={"timestamp": 1},
    )
    async with app.open_async():
        made = [
            await app.job_manager.defer_periodic_job(due, periodic_id="", defer_timestamp=1) for _ in range(3)
        ]
    assert [each is None for each in made] == [False, True, True]
    async with working(fresh_hub):
        await until(lambda: _no_jobs(fresh_hub, "hub.sweep"))


async def _have(seen: Seen, count: int) -> bool:
    return len(seen.ids) >= count


async def _no_jobs(hub: Hub, task: str) -> bool:
    return await states(hub, task) == []
