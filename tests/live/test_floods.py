"""Sockets that are many, silent or deaf: they are counted, timed and cut off, and everybody else is served."""

import asyncio
import gc
import json
import resource
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.live.client import calling
from tests.live.conftest import House, serving

WIDE = """
    subscription ($after: String) { requestChanged(after: $after) { cursor event { kind code happenedAt } request {
        reference state events { kind state code isPrivate hasMessage happenedAt } clock { steps dueOn } } } }
"""
MOST_BYTES_EACH = 40_960
# What the process takes for itself meanwhile: its memory grows by whole arenas, however few the sockets are.
MOST_BYTES_BESIDE = 8 << 20


async def test_who_shows_no_token_in_time_is_gone(house: House) -> None:
    async with serving(house.hub, init_seconds=2) as site, calling(site.port) as client:
        await client.say("ping")
        assert (await client.hear())["type"] == "pong"
        assert await client.code() == 4408


async def test_a_client_has_so_many_sockets_and_others_have_theirs(house: House) -> None:
    async with serving(house.hub, sockets_per_client=3) as site, AsyncExitStack() as stack:
        token = await site.token(await house.client())
        for _ in range(3):
            await stack.enter_async_context(calling(site.port, token))
        async with calling(site.port) as client:
            await client.say("connection_init", payload={"Authorization": f"Bearer {token}"})
            assert await client.code() == 1013
        async with calling(site.port, await site.token(await house.client())) as client:
            await client.say("ping")
            assert (await client.hear())["type"] == "pong"


async def test_sockets_that_show_no_token_are_few(house: House) -> None:
    async with serving(house.hub, waiting_per_address=5) as site, AsyncExitStack() as stack:
        waiting = [await stack.enter_async_context(calling(site.port)) for _ in range(5)]
        with pytest.raises(InvalidStatus):
            await stack.enter_async_context(calling(site.port))
        await waiting[0].sign_in(await site.token(await house.client()))
        await stack.enter_async_context(calling(site.port))


async def test_who_does_not_read_is_cut_off_and_the_others_are_served(house: House) -> None:
    request = await house.request()
    async with serving(house.hub, send_seconds=0.3) as site:
        token = await site.token(await house.client())
        start = await site.now(token)
        with await _deaf(site.port, token, start):
            async with calling(site.port, token) as client:
                await client.begin(after=start, query=WIDE)
                for number in range(600):
                    await house.say(request, f"Word {number}.")
                    assert (await client.change())["request"]["reference"] == request.reference
                    if len(site.sockets._open) == 1:
                        break
                assert len(site.sockets._open) == 1, "who does not read is still there"
                await house.say(request, "Last.")
                await client.change()


async def _deaf(port: int, token: str, after: str) -> socket.socket:
    """A client that asks for everything ten times and reads nothing."""
    payload = {"query": WIDE, "variables": {"after": after}}
    asked = [{"type": "subscribe", "id": f"{number}", "payload": payload} for number in range(10)]
    return await _raw(
        port, {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}, *asked
    )


async def _raw(port: int, *messages: dict[str, Any]) -> socket.socket:
    """A client that is nothing but a socket with a small buffer; it has said these things, and waits."""
    loop, made = asyncio.get_running_loop(), socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    made.settimeout(0)
    await loop.sock_connect(made, ("127.0.0.1", port))
    head = (
        f"GET /graphql HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    await loop.sock_sendall(made, head.encode())
    assert b" 101 " in await loop.sock_recv(made, 1024)
    for each in messages:
        await loop.sock_sendall(made, _frame(json.dumps(each).encode()))
    return made


def _frame(data: bytes) -> bytes:
    """A text as a client's frame, masked with zeroes (RFC 6455 section 5.2)."""
    return bytes([0x81, 0x80 | 126]) + len(data).to_bytes(2, "big") + bytes(4) + data


@pytest.mark.parametrize("many", [200, pytest.param(2_000, marks=pytest.mark.chaos)])
async def test_idle_sockets_stand_in_nobodys_way(house: House, many: int) -> None:
    request = await house.request()
    async with serving(house.hub) as site, AsyncExitStack() as stack:
        programs = [await site.token(await house.client()) for _ in range(many // 100 + 1)]
        gc.collect()
        before = _resident_bytes()
        for number in range(many):
            shown = {"Authorization": f"Bearer {programs[number // 100]}"}
            made = stack.enter_context(await _raw(site.port, {"type": "connection_init", "payload": shown}))
            assert b"connection_ack" in await asyncio.get_running_loop().sock_recv(made, 1024)
        assert len(site.sockets._open) == many
        assert _resident_bytes() - before < many * MOST_BYTES_EACH + MOST_BYTES_BESIDE
        async with calling(site.port, programs[-1]) as client:
            await client.begin(after=await site.now(programs[-1]))
            await house.say(request)
            assert (await client.change())["request"]["reference"] == request.reference


def _resident_bytes() -> int:
    """What this process, the server and its clients, has in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


async def test_a_socket_that_is_gone_leaves_nothing_behind(house: House) -> None:
    async with serving(house.hub) as site:
        token = await site.token(await house.client())
        for _ in range(3):
            async with calling(site.port, token) as client:
                await client.begin()
                client.socket.transport.abort()
        for _ in range(3_000):
            if not site.sockets._open:
                break
            await asyncio.sleep(0.02)
        assert (site.sockets._open, site.sockets._sweeping, +site.sockets._waiting) == (set(), None, {})
