"""Who comes at the same moment is looked for together, and each finds their own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.act import Hub
from hub.actors import OPERATOR, Actor, Operation, guest
from hub.auth import clients, passes, sessions, tokens
from hub.auth.tokens import Audience
from hub.errors import Code, Refusal
from hub.models import Organisation

Token = Callable[..., Awaitable[str]]


def counted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that run one at a time from now on."""
    ran: list[str] = []
    single = hub.database.single()
    rows = single.rows

    async def counting(sql: str, *args: Any) -> Any:
        ran.append(sql)
        return await rows(sql, *args)

    monkeypatch.setattr(single, "rows", counting)
    monkeypatch.setattr(hub.database, "single", lambda: single)
    return ran


async def test_calls_of_the_same_moment_share_a_statement_and_each_gets_its_own_answer(
    hub: Hub, register: Any, token_of: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    apps = [await register("decide") for _ in range(4)]
    headers = [f"Bearer {await token_of(each)}" for each in apps]
    async with hub.act(OPERATOR, Operation.CLIENT_REVOKE) as act:
        await clients.revoke(act, apps[0].client.id)
    ran = counted(hub, monkeypatch)
    asked = (tokens.authenticate(hub, each) for each in headers * 5)
    found = await asyncio.gather(*asked, return_exceptions=True)
    named = [each.id if isinstance(each, Actor) else each for each in found]
    refused = [each for each in named if isinstance(each, Refusal)]
    assert [each.code for each in refused] == [Code.UNAUTHENTICATED] * 5
    assert [each for each in named if not isinstance(each, Refusal)] == [
        each.client.id for each in apps[1:]
    ] * 5
    assert len(ran) == 1


async def test_a_call_brings_along_when_it_was_let_in_and_one_that_lasts_does_not(
    hub: Hub, register: Any, token_of: Token
) -> None:
    header = f"Bearer {await token_of(await register('decide'))}"
    before = await hub.database.single().value("SELECT now()")
    actor = await tokens.authenticate(hub, header)
    row = await hub.database.single().row("SELECT now() AS at, number FROM catalogue_clock")
    assert row is not None
    assert actor.seen is not None
    assert before < actor.seen[0] < row["at"]
    assert actor.seen[1] <= row["number"]
    held, shown = await passes.show(hub, header, Audience.APP)
    renewed = await passes.renew(hub, held)
    assert (shown, renewed) == (actor, actor)
    assert (shown.seen, renewed.seen) == (None, None)


async def test_visitors_of_the_same_moment_share_a_statement_and_each_finds_their_own_visit(
    hub: Hub, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = [f"{number:043}" for number in range(4)]
    async with hub.act(guest(organisation.id), Operation.PORTAL_ASK) as act:
        for number, each in enumerate(secret):
            await sessions.begin(act, each, {"number": number})
        await act.record("visit.begun")
    ran = counted(hub, monkeypatch)
    asked = [*secret, None, "x" * 43, secret[2], None]
    arrived = await asyncio.gather(
        *(sessions.arrive(hub, organisation.key, each) for each in asked),
        sessions.arrive(hub, "nobody", secret[0]),
    )
    assert arrived[-1] is None
    found = [(house.id, visit and visit.typed) for house, visit in filter(None, arrived)]
    told = [{"number": number} for number in range(4)]
    assert found == [(organisation.id, each) for each in [*told, None, None, told[2], None]]
    assert len(ran) == 1
