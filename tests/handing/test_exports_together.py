"""An export while others are at it too: a second worker, and whatever ends for the partner meanwhile."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from hub import arrangements, asgi
from hub.actors import OPERATOR, Actor, Operation
from hub.errors import Refusal
from hub.partners import downloads, exports, inviting, keys, producing
from hub.partners.exports import State
from hub.readiness import Readiness
from tests.handing.conftest import Firm
from tests.handing.test_blocked import block
from tests.handing.test_exports import RECEIVED, Crowded, fetch, read, start
from tests.handing.test_over_http import ready
from tests.partner.partner import Signer, invite
from workers import partner_exports

GONE = "SELECT count(*) FROM stored_object WHERE place LIKE 'exports/' || $1 || '/%'"
Happens = Callable[[Firm, Actor], Awaitable[object]]


async def revoke(firm: Firm, partner: Actor) -> None:
    async with firm.hub.act(firm.world.app(), Operation.PARTNER_INVITE) as act:
        await inviting.revoke(act, partner.id or uuid4())


async def end_the_arrangement(firm: Firm, _: Actor) -> None:
    async with firm.hub.act(firm.world.app(), Operation.CATALOGUE_WRITE) as act:
        await arrangements.end(act, "quay-referrals", arrangements.date(2024, 12, 31))


async def block_it(firm: Firm, _: Actor) -> None:
    await block(firm)


ENDINGS: dict[Happens, str] = {
    revoke: "FORBIDDEN",
    end_the_arrangement: "NOT_FOUND",
    block_it: "CONFLICT",
}


def happening(
    happens: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch, parts: int
) -> asyncio.Event:
    """Let something happen once so many parts are stored, or all of them are; each that follows waits a little."""
    keep, measured, left = producing.storage.keep, downloads.measured, iter(range(parts))
    done, going = asyncio.Event(), set[asyncio.Task[None]]()

    async def once() -> None:
        if not done.is_set():
            done.set()
            await asyncio.wait_for(happens(), 60)

    async def keeping(*given: Any) -> Any:
        stored = await keep(*given)
        if next(left, None) is None:
            going.add(asyncio.create_task(once()))
            await asyncio.wait(going, timeout=0.5)
        return stored

    async def measuring(*given: Any) -> Any:
        await once()
        return await measured(*given)

    monkeypatch.setattr(producing.storage, "keep", keeping)
    monkeypatch.setattr(downloads, "measured", measuring)
    return done


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("parts", [3, 2_000], ids=["among them", "after the last"])
@pytest.mark.parametrize("ending", ENDINGS, ids=ENDINGS.values())
async def test_who_may_have_it_no_more_in_the_middle_gets_no_file(
    firm: Firm,
    signed_for: Callable[[Firm, str], Any],
    superuser: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    ending: Happens,
    parts: int,
) -> None:
    people = await firm.customers(40)
    partner = await signed_for(firm, "quay-inspections")
    export = await start(firm, partner)
    happened = happening(lambda: ending(firm, partner), monkeypatch, parts)
    await partner_exports.run(firm.hub, export.id)
    assert happened.is_set()
    ended = await read(firm, partner, export)
    if ending is revoke or parts < len(people):
        assert (ended.state, ended.reason, ended.size_bytes) == (State.FAILED, ENDINGS[ending], None)
        assert await superuser.fetchval(GONE, str(export.id)) == 0
    else:
        assert ended.state is State.READY  # all of it was recorded before: it is there, and cannot be had
    with pytest.raises(Refusal):
        await fetch(firm, partner, export)
    received = await superuser.fetchval(RECEIVED, partner.id)
    assert received == ended.rows
    assert received < len(people) if parts < len(people) else received == len(people)


@pytest.mark.usefixtures("small_parts")
async def test_a_partner_that_cancels_in_the_middle_is_not_kept_waiting(
    firm: Firm, signed_for: Callable[[Firm, str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await firm.customers(40)
    partner = await signed_for(firm, "quay-inspections")
    export = await start(firm, partner)

    async def cancel() -> None:
        async with firm.hub.act(partner, Operation.EXPORT_CANCEL) as act:
            await exports.cancel(act, export.id)

    happened = happening(cancel, monkeypatch, 3)
    await partner_exports.run(firm.hub, export.id)
    assert happened.is_set()
    ended = await read(firm, partner, export)
    assert ended.state is State.CANCELLED
    assert ended.rows < len(people)


@pytest.mark.usefixtures("small_parts")
async def test_a_key_that_is_rotated_in_the_middle_changes_nothing(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await firm.customers(40)
    partner = await invite(firm.hub, asgi.create_app(firm.hub, Readiness(firm.hub, [])), firm.world)
    renewed, old = Signer.new("ES256"), partner.signers[0]

    async def rotate() -> None:
        async with firm.hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
            await keys.add(act, partner.client_id, renewed.jwk)
            await keys.end(act, partner.client_id, old.kid)

    happened = happening(rotate, monkeypatch, 3)
    export = await ready(firm, partner, await partner.token())
    assert happened.is_set()
    assert (await partner.sign_in(old.assertion(partner.client_id))).status_code == 401
    partner.signers = [renewed]
    async with partner.http() as http:
        file = await http.get(export["path"], headers={"Authorization": f"Bearer {await partner.token()}"})
    assert (file.status_code, file.content.count(b"\n")) == (200, len(people))


@pytest.mark.usefixtures("small_parts")
async def test_two_workers_at_one_export_leave_nobody_out_and_record_nobody_twice(
    crowded: Crowded, signed: Callable[[str], Any], superuser: asyncpg.Connection
) -> None:
    firm, allowed, _ = crowded
    partner = await signed("quay-inspections")
    export = await start(firm, partner)
    await asyncio.gather(*(partner_exports.run(firm.hub, export.id) for _ in range(2)))
    file = await fetch(firm, partner, export)
    ended = await read(firm, partner, export)
    assert len({json.loads(each)["id"] for each in file.splitlines()}) == ended.rows == len(allowed)
    assert ended.digest == hashlib.sha256(file).digest()
    assert await superuser.fetchval(RECEIVED, partner.id) == len(allowed)
