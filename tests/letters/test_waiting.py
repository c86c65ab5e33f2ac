"""Letters wait while they must, go out when they can, and waiting has an end."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
import pytest

from hub import customers, letters
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.letters import Outcome, Outgoing, Result, post
from hub.letters.sending import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, pause_seconds
from tests.letters.conftest import Desk, Server, desk_of, hang, mailing
from workers import letters as working


async def test_while_the_server_is_away_nothing_is_tried_and_the_letter_waits(
    hub: Hub, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Server().receiving() as gone:
        port = gone.port
    async with desk_of(mailing(hub, f"smtp://localhost:{port}"), superuser) as desk:
        letter_id = await desk.queue()
        await desk.database.execute("DELETE FROM procrastinate_jobs")
        for _ in range(3):
            await desk.deliver(letter_id)
        assert [job["status"] for job in await desk.jobs(letter_id)] == ["todo"]
        assert await desk.events(letter_id) == ["letter.queued"]
        monkeypatch.setattr(post, "DOWN_SECONDS", 0)
        await asyncio.sleep(0)
        async with Server().receiving(port) as back:
            await working.hang_up(desk.hub)
            await desk.deliver(letter_id)
            assert len(back.came) == 1


async def test_without_a_mail_server_letters_wait_and_are_taken_up_when_there_is_one(
    hub: Hub, server: Server, superuser: asyncpg.Connection
) -> None:
    async with desk_of(hub, superuser) as mute:
        letter_id = await mute.queue()
        await superuser.execute("DELETE FROM procrastinate_jobs")
        await mute.deliver(letter_id)
        assert (await mute.row(letter_id))["state"] == "QUEUED"
        await mute.age(letter_id, "next_at = now() - interval '1 hour'")
        await working.resume(hub)
        assert await mute.jobs(letter_id) == []
        await working.resume(mailing(hub, server.url))
        await working.resume(mailing(hub, server.url))
        assert [job["status"] for job in await mute.jobs(letter_id)] == ["todo"]


async def test_one_connection_lasts_and_is_opened_again_when_the_server_has_closed_it(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "IDLE_SECONDS", 0)
    for _ in range(3):
        await desk.deliver(await desk.queue())
    assert (len(server.came), server.connected) == (3, 1)
    server.hang_up()
    await asyncio.sleep(0.05)
    last = await desk.queue()
    await desk.deliver(last)
    assert (len(server.came), server.connected) == (4, 2)
    assert (await desk.row(last))["attempts"] == 1


async def test_a_server_that_hangs_holds_up_one_job_and_not_all(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(post, "SENDING_SECONDS", 4.0)
    server.answers = {"DATA": [hang]}
    first, second = await desk.queue(), await desk.queue()
    await desk.database.execute("DELETE FROM procrastinate_jobs")
    slow = asyncio.create_task(desk.deliver(first))
    while server.answers["DATA"]:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.01)
    await desk.deliver(second)
    assert not slow.done()
    assert (await desk.row(second))["attempts"] == 0
    assert len(await desk.jobs(second)) == 1
    await slow
    assert (await desk.row(first))["reason"] == "TIMED_OUT"


async def test_while_one_worker_tries_another_one_waits_for_the_end_of_its_lease(
    desk: Desk, server: Server
) -> None:
    letter_id = await desk.queue()
    await desk.database.execute("DELETE FROM procrastinate_jobs")
    mine = await desk.act(partial(letters.claim, letter_id=letter_id))
    assert isinstance(mine, Outgoing)
    until = await desk.act(partial(letters.claim, letter_id=letter_id))
    assert isinstance(until, datetime)
    await desk.deliver(letter_id)
    assert server.came == []
    assert [job["scheduled_at"] for job in await desk.jobs(letter_id)] == [until]
    await desk.due(letter_id)
    await desk.deliver(letter_id)
    late = partial(letters.settle, letter=mine, outcome=Outcome(Result.NEVER, "SMTP_550", 550))
    assert await desk.act(late) is None
    assert (await desk.row(letter_id))["state"] == "SENT"


async def test_a_letter_is_suppressed_once_its_reader_is_erased_or_it_is_of_no_use(
    desk: Desk, server: Server
) -> None:
    customer_id = await desk.firm.customer()
    erased = await desk.queue(customer_id=customer_id)
    async with desk.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, customer_id)
    late = await desk.queue(until_at=datetime.now(UTC) + timedelta(minutes=10))
    await desk.age(late, "until_at = now(), queued_at = now() - interval '1 hour'")
    for letter_id, reason in ((erased, "ERASED"), (late, "TOO_LATE")):
        await desk.deliver(letter_id)
        row = await desk.row(letter_id)
        assert (row["state"], row["reason"], row["attempts"]) == ("SUPPRESSED", reason, 0)
    assert server.came == []
    with pytest.raises(Refusal) as caught:
        await desk.queue(customer_id=customer_id)
    assert caught.value.code is Code.CONFLICT


async def test_trying_ends_after_days(desk: Desk, server: Server) -> None:
    server.answers = {"RCPT": ["451 Later"]}
    letter_id = await desk.queue()
    await desk.age(letter_id, "queued_at = now() - interval '6 days'")
    await desk.deliver(letter_id)
    row = await desk.row(letter_id)
    assert (row["state"], row["reason"]) == ("FAILED", "GAVE_UP")


def test_pauses_grow_differ_and_have_an_end() -> None:
    for attempt in range(1, 20):
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
        drawn = {pause_seconds(attempt) for _ in range(20)}
        assert len(drawn) > 1
        assert all(longest / 2 <= each <= longest for each in drawn)
