"""The greeting waits for a database that is being started again, and for nothing else."""

import asyncio

import pytest

from hub.act import Hub
from hub.cli.processes import greet_patiently
from hub.errors import Code, Refusal


async def test_a_database_lost_while_greeting_ends_nothing(hub: Hub) -> None:
    left = [Refusal(Code.UNAVAILABLE, "The database does not answer.")] * 2
    greeted: list[Hub] = []

    async def greet(of: Hub) -> None:
        if left:
            raise left.pop()
        greeted.append(of)

    await greet_patiently(hub, greet, asyncio.Event())
    assert greeted == [hub]
    assert not left


async def test_another_refusal_is_told(hub: Hub) -> None:
    async def greet(_: Hub) -> None:
        raise Refusal(Code.NOT_FOUND, "No client with this id or key.")

    with pytest.raises(Refusal, match="No client"):
        await greet_patiently(hub, greet, asyncio.Event())


async def test_a_hub_told_to_stop_waits_for_no_database(hub: Hub) -> None:
    stop, tries = asyncio.Event(), 0

    async def greet(_: Hub) -> None:
        nonlocal tries
        tries += 1
        stop.set()
        raise Refusal(Code.UNAVAILABLE, "The database does not answer.")

    await asyncio.wait_for(greet_patiently(hub, greet, stop), 60)
    assert tries == 1
