"""Endpoints that answer what is no answer, without end, or with 500 for a day: not believed, and not forgotten."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from hub.act import Hub
from hub.webhooks import deliveries
from tests.partner.partner import Partner
from tests.partner.receiver import Receiver
from tests.partner.telling import SEEN, WITHDRAWALS, added, announce, seal, told, verified
from tests.world import World
from workers import webhooks

Says = Callable[[asyncio.StreamWriter], Awaitable[None]]
DUE = "UPDATE webhook_delivery SET due_at = now() - interval '1 s' WHERE id = $1"
TRIES_OF_A_DAY = 7  # 5 seconds, 5 and 30 minutes, 2, 5 and 10 hours: together 17 and a half hours


@asynccontextmanager
async def answering(says: Says) -> AsyncGenerator[str]:
    """A server that says what a test wants, whatever it was asked; its address."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await says(writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
    finally:
        server.close()


def saying(raw: bytes) -> Says:
    """Just this."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return say


async def drip(writer: asyncio.StreamWriter) -> None:
    """A head that never ends, a byte at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def pour(writer: asyncio.StreamWriter) -> None:
    """A body that never ends, as fast as it is read."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        await writer.drain()


LIES: dict[str, Says] = {
    "another protocol": saying(b"SSH-2.0-OpenSSH_9.7\r\n"),
    "nothing": saying(b""),
    "half a head": saying(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "a long head": saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n"),
    "no status": saying(b"HTTP/1.1 OK\r\n\r\n"),
    "two lengths": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "a letter at a time": drip,
}


async def sent(hub: Hub, url: str) -> deliveries.Result:
    """What came of the one message that is due, sent to an address."""
    [claimed] = await deliveries.claim(hub, 10, failing=False)
    assert claimed.url == url
    return await webhooks.send_one(hub, claimed)


@pytest.mark.parametrize("lie", LIES)
async def test_what_is_no_answer_counts_as_none_and_takes_no_longer_than_an_answer_may(
    open_hub: Hub, listener: Partner, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    monkeypatch.setattr(webhooks, "SECONDS", 1.5)
    async with answering(LIES[lie]) as url:
        made = await added(listener, url)
        await seal(open_hub)
        began = time.monotonic()
        result = await sent(open_hub, url)
    assert time.monotonic() - began < 60
    assert (result.is_done, result.problem) == (False, "NO_ANSWER")
    assert [each["state"] for each in await told(listener, made)] == ["WAITING"]
    assert (await listener.ask(SEEN, id=made["endpoint"]["id"]))["webhook"]["verifiedAt"] is None


async def test_an_answer_without_end_verifies_nothing(open_hub: Hub, listener: Partner) -> None:
    async with answering(pour) as url:
        made = await added(listener, url)
        await seal(open_hub)
        result = await asyncio.wait_for(sent(open_hub, url), 60)
    assert not result.is_done
    assert (await listener.ask(SEEN, id=made["endpoint"]["id"]))["webhook"]["verifiedAt"] is None


async def test_an_endpoint_that_answered_500_for_a_day_is_told_what_it_missed_once_it_is_back(
    open_hub: Hub, world: World, listener: Partner, receiver: Receiver
) -> None:
    made = await verified(open_hub, listener, receiver)
    receiver.answers = lambda _: (500, "")
    await announce(open_hub, world, listener)
    await seal(open_hub)
    [claimed] = await deliveries.claim(open_hub, 10, failing=False)
    for _ in range(TRIES_OF_A_DAY):
        assert not (await webhooks.send_one(open_hub, claimed)).is_done
        await open_hub.database.single_write().execute(DUE, claimed.id)
        assert await deliveries.claim(open_hub, 10, failing=False) == []  # it is in nobody's way
        [claimed] = await deliveries.claim(open_hub, 10, failing=True)
    receiver.answers = None
    assert (await webhooks.send_one(open_hub, claimed)).is_done
    ids = [headers["webhook-id"] for headers, _ in receiver.of(WITHDRAWALS)]
    assert len(ids) == TRIES_OF_A_DAY + 1
    assert len(set(ids)) == 1
    shown = (await listener.ask(SEEN, id=made["endpoint"]["id"]))["webhook"]
    assert (shown["failingSince"], shown["disabledAt"]) == (None, None)
    assert "DELIVERED" in {each["state"] for each in await told(listener, made)}
